package org.mixdq4j.core.network.mmdit;

import static org.mixdq4j.core.network.block.ModuleScope.extent;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.GraphBuilder;
import org.mixdq4j.core.graph.GraphBuilder.Value;
import org.mixdq4j.core.graph.op.Conv2d.Padding;
import org.mixdq4j.core.graph.op.Parameter;
import org.mixdq4j.core.graph.op.Reshape;
import org.mixdq4j.core.graph.op.Slice;
import org.mixdq4j.core.graph.op.TimestepEmbedding;
import org.mixdq4j.core.graph.op.Transpose;
import org.mixdq4j.core.network.block.ModuleScope;
import org.mixdq4j.core.network.block.Tokens;
import org.mixdq4j.core.network.mmdit.JointAttention.Streams;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;

/**
 * diffusers' SD3Transformer2DModel (MMDiT). Inputs: {@code hidden_states} [B, C, H, W], {@code encoder_hidden_states} [B,
 * T, D], {@code pooled_projections} [B, P], {@code timestep} [B] (0 to 1000). Output: {@code sample} [B, C', H, W].
 */
public final class SD3Transformer2D {
    /** Name of the architecture in a config.json. */
    public static final String NETWORK = MmditConfig.NETWORK;

    // Not configurable in diffusers.
    private static final int TIME_FEATURES = 256;
    private static final double MAX_PERIOD = 10_000;

    private final MmditConfig config;
    private final GraphBuilder graph = new GraphBuilder(NETWORK);
    private final ModuleScope root = ModuleScope.root(graph);
    private final Shape latent;

    private SD3Transformer2D(MmditConfig config, Shape latent) {
        this.config = config;
        this.latent = latent;
    }

    /**
     * The network for latents of {@code height} x {@code width} and prompts of {@code tokens} tokens.
     *
     * @param config content of config.json
     * @throws MixdqException if the file asks for something not supported, or the latents are no whole number of its
     *     patches or more than it has positions for
     */
    public static Graph graph(JsonNode config, int batch, int height, int width, int tokens) {
        MmditConfig read = MmditConfig.read(config);
        extent("batch size", batch);
        extent("number of tokens", tokens);
        requireFits(read, "height", extent("height", height));
        requireFits(read, "width", extent("width", width));
        Shape latent = Shape.of(batch, read.inChannels(), height, width);
        return new SD3Transformer2D(read, latent).build(tokens);
    }

    private static void requireFits(MmditConfig config, String what, int extent) {
        int most = config.patch() * config.positions().side();
        if (extent % config.patch() != 0 || extent > most) {
            throw new MixdqException("The " + what + " of latents asked of " + NETWORK + " is " + extent
                    + ", expected a multiple of " + config.patch() + " up to " + most
                    + "; ask for another picture size.");
        }
    }

    private Graph build(int tokens) {
        Value pixels = patches();
        Value condition = root.silu("condition", condition());
        Shape words = Shape.of(latent.dim(0), tokens, config.textFeatures());
        Value text = graph.input("encoder_hidden_states", DType.F32, words);
        Streams streams = new Streams(pixels, root.linear("context_embedder", text, config.features(), true));
        JointBlock block = new JointBlock(new JointAttention(config.heads(), config.normalizedHeads()), condition);
        for (int i = 0; i < config.layers(); i++) {
            boolean dual = config.dualAttention().contains(i);
            streams = block.build(root.child("transformer_blocks", i), streams, dual, i == config.layers() - 1);
        }
        Value out = JointBlock.continuous(root.child("norm_out"), streams.image(), condition);
        int perPatch = config.patch() * config.patch() * config.outChannels();
        graph.output("sample", picture(root.linear("proj_out", out, perPatch, true)));
        return graph.build();
    }

    /** Latents as tokens that know their places. */
    private Value patches() {
        ModuleScope at = root.child("pos_embed");
        Value image = graph.input("hidden_states", DType.F32, latent);
        Value patches = at.conv("proj", image, config.features(), config.patch(), config.patch(), Padding.same(0));
        return at.returns(at.add("add", Tokens.of(at, patches), places(at, patches.shape())));
    }

    /** The middle of the grid of all positions. */
    private Value places(ModuleScope at, Shape patches) {
        int side = config.positions().side();
        Shape stored = config.positions().shape();
        Value all = at.op("pos_embed", new Parameter(stored, "", Optional.of(config.positions())));
        Value grid = at.op("grid", new Reshape(Shape.of(side, side, config.features())), all);
        int top = (side - patches.dim(2)) / 2;
        int left = (side - patches.dim(3)) / 2;
        Value rows = at.op("grid.rows", new Slice(0, top, top + patches.dim(2)), grid);
        Value cells = at.op("grid.cells", new Slice(1, left, left + patches.dim(3)), rows);
        return at.op("places", new Reshape(stored.with(1, patches.dim(2) * patches.dim(3))), cells);
    }

    /** Timestep and pooled text as one vector, [B, C]. */
    private Value condition() {
        ModuleScope at = root.child("time_text_embed");
        int batch = latent.dim(0);
        Value text = graph.input("pooled_projections", DType.F32, Shape.of(batch, config.pooledFeatures()));
        Value t = graph.input("timestep", DType.F32, Shape.of(batch));
        Value waves = at.op("time_proj", new TimestepEmbedding(TIME_FEATURES, true, 0, MAX_PERIOD), t);
        return at.returns(at.add(
                "add",
                embed(at.child("timestep_embedder"), "act", waves),
                embed(at.child("text_embedder"), "act_1", text)));
    }

    private Value embed(ModuleScope at, String activation, Value x) {
        Value h = at.silu(activation, at.linear("linear_1", x, config.features(), true));
        return at.returns(at.linear("linear_2", h, config.features(), true));
    }

    /** [B, h*w, p*p*C] to [B, C, h*p, w*p]. */
    private Value picture(Value patches) {
        ModuleScope at = root.child("unpatchify");
        int p = config.patch();
        int batch = latent.dim(0);
        Shape grid = Shape.of(batch, latent.dim(2) / p, latent.dim(3) / p, p, p, config.outChannels());
        Value squares = at.op("squares", new Reshape(grid), patches);
        Value ordered = at.op("ordered", Transpose.of(0, 5, 1, 3, 2, 4), squares);
        return at.op("image", new Reshape(latent.with(1, config.outChannels())), ordered);
    }
}
