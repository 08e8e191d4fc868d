package org.mixdq4j.core.network.clip;

import java.util.List;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.graph.GraphBuilder;
import org.mixdq4j.core.graph.GraphBuilder.Value;
import org.mixdq4j.core.graph.op.Embedding;
import org.mixdq4j.core.graph.op.Parameter;
import org.mixdq4j.core.graph.op.PoolToken;
import org.mixdq4j.core.network.block.ModuleScope;
import org.mixdq4j.core.network.config.ConfigReader;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;

/** CLIP's text model, modules named {@code text_model.*}. */
record TextTower(ClipTower tower, int vocabulary, int positions, int eosId) {
    // The published configs say 2, which is no end-of-text id; transformers pools at the highest id for them.
    private static final int WRONG_EOS_ID = 2;

    /** The hidden state before the first layer and after each, the normed one, all [B, N, D], and that at the end of the text [B, D]. */
    record States(List<Value> all, Value last, Value pooled) {
        /** The state so many layers before the last one's. */
        Value before(int layers) {
            return all.get(all.size() - 1 - layers);
        }
    }

    static TextTower read(ConfigReader config) {
        int eos = config.integer("eos_token_id", 49407);
        return new TextTower(
                ClipTower.read(config, 512, 2048, 8),
                config.count("vocab_size", 49408),
                config.count("max_position_embeddings", 77),
                eos == WRONG_EOS_ID ? PoolToken.HIGHEST_ID : eos);
    }

    /** @throws UsageException if fewer than this many layers, and one more, can be left out */
    void requireLayers(int skip) {
        if (skip < 0 || skip >= tower.layers()) {
            throw new UsageException("A text encoder of " + tower.layers() + " layers cannot leave out the last " + skip
                    + "; give --clip-skip 0 to " + (tower.layers() - 1) + ".");
        }
    }

    States build(GraphBuilder graph, int texts) {
        Value ids = graph.input("input_ids", DType.I64, Shape.of(texts, positions));
        ModuleScope at = ModuleScope.root(graph).child("text_model");
        ModuleScope embeddings = at.child("embeddings");
        Value tokens = embeddings.op("token_embedding", new Embedding(vocabulary, tower.features()), ids);
        Shape table = Shape.of(positions, tower.features());
        Value places = embeddings.op("position_embedding", new Parameter(table, "weight"));
        Value x = embeddings.returns(embeddings.add("add", tokens, places));
        List<Value> states = tower.build(at.child("encoder"), x, true);
        Value last = at.layerNorm("final_layer_norm", states.get(tower.layers()), tower.epsilon());
        Value pooled = at.op("pooled", new PoolToken(eosId), last, ids);
        return new States(states, last, pooled);
    }
}
