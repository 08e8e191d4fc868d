package org.mixdq4j.core.network.t5;

import static org.mixdq4j.core.network.block.ModuleScope.extent;

import com.fasterxml.jackson.databind.JsonNode;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.GraphBuilder;
import org.mixdq4j.core.graph.GraphBuilder.Value;
import org.mixdq4j.core.graph.op.Activate;
import org.mixdq4j.core.graph.op.Attention;
import org.mixdq4j.core.graph.op.Embedding;
import org.mixdq4j.core.graph.op.RelativeBias;
import org.mixdq4j.core.graph.op.RmsNorm;
import org.mixdq4j.core.network.block.ModuleScope;
import org.mixdq4j.core.network.config.ConfigReader;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;

/**
 * transformers' T5EncoderModel, called without an attention mask as diffusers does: padding is read like text. Input:
 * {@code input_ids} I64 [B, N]. Output: {@code last_hidden_state} [B, N, D] after the final norm.
 */
public final class T5Encoder {
    /** Name of the architecture in a config.json. */
    public static final String NETWORK = T5Config.NETWORK;

    private final T5Config config;
    private final GraphBuilder graph = new GraphBuilder(NETWORK);
    private final ModuleScope root = ModuleScope.root(graph);

    private T5Encoder(T5Config config) {
        this.config = config;
    }

    /** @throws org.mixdq4j.core.error.MixdqException if the file is incomplete or asks for something not supported */
    public static Graph graph(JsonNode config, int batch, int tokens) {
        T5Config read = T5Config.read(config);
        extent("batch size", batch);
        extent("number of tokens", tokens);
        return new ConfigReader(config, NETWORK).consistent(() -> new T5Encoder(read).build(Shape.of(batch, tokens)));
    }

    private Graph build(Shape texts) {
        Value ids = graph.input("input_ids", DType.I64, texts);
        Value x = root.op("shared", new Embedding(config.vocabulary(), config.features()), ids);
        ModuleScope encoder = root.child("encoder");
        // The first block's table of positions is that of all blocks.
        ModuleScope first = encoder.child("block", 0).child("layer", 0).child("SelfAttention");
        RelativeBias positions = new RelativeBias(config.heads(), texts.dim(1), config.buckets(), config.maxDistance());
        Value bias = first.op("relative_attention_bias", positions);
        for (int i = 0; i < config.layers(); i++) {
            ModuleScope block = encoder.child("block", i);
            x = block.returns(feedForward(block.child("layer", 1), attention(block.child("layer", 0), x, bias)));
        }
        graph.output("last_hidden_state", encoder.returns(norm(encoder, "final_layer_norm", x)));
        return graph.build();
    }

    private Value attention(ModuleScope layer, Value x, Value bias) {
        ModuleScope at = layer.child("SelfAttention");
        Value h = norm(layer, "layer_norm", x);
        int inner = config.heads() * config.headFeatures();
        Value q = at.linear("q", h, inner, false);
        Value k = at.linear("k", h, inner, false);
        Value v = at.linear("v", h, inner, false);
        Value mixed = at.op("attention", new Attention(config.heads(), 1, false), q, k, v, bias);
        Value out = at.returns(at.linear("o", mixed, config.features(), false));
        return layer.returns(layer.add("add", x, out));
    }

    private Value feedForward(ModuleScope layer, Value x) {
        ModuleScope at = layer.child("DenseReluDense");
        Value h = norm(layer, "layer_norm", x);
        Value wide = at.linear(config.gated() ? "wi_0" : "wi", h, config.innerFeatures(), false);
        Value active = at.op("act", new Activate(config.activation()), wide);
        if (config.gated()) {
            active = at.mul("gated", active, at.linear("wi_1", h, config.innerFeatures(), false));
        }
        Value narrow = at.returns(at.linear("wo", active, config.features(), false));
        return layer.returns(layer.add("add", x, narrow));
    }

    private Value norm(ModuleScope at, String name, Value x) {
        return at.op(name, new RmsNorm(config.features(), config.epsilon()), x);
    }
}
