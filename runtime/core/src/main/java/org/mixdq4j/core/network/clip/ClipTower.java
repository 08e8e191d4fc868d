package org.mixdq4j.core.network.clip;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.mixdq4j.core.graph.GraphBuilder.Value;
import org.mixdq4j.core.graph.op.Activate;
import org.mixdq4j.core.graph.op.Attention;
import org.mixdq4j.core.network.block.ModuleScope;
import org.mixdq4j.core.network.config.ConfigReader;

/** The transformer that CLIP's text and vision models have in common; defaults where transformers' two differ are given. */
record ClipTower(int features, int innerFeatures, int layers, int heads, Activate.Function activation, double epsilon) {

    /** Of training, and of what a tokenizer does. */
    static final Set<String> HARMLESS = Set.of(
            "attention_dropout",
            "bos_token_id",
            "initializer_factor",
            "initializer_range",
            "pad_token_id",
            "projection_dim");

    static ClipTower read(ConfigReader config, int features, int innerFeatures, int heads) {
        config.only("hidden_act", "quick_gelu", "gelu", "gelu_new", "gelu_pytorch_tanh");
        ClipTower tower = new ClipTower(
                config.count("hidden_size", features),
                config.count("intermediate_size", innerFeatures),
                config.count("num_hidden_layers", 12),
                config.count("num_attention_heads", heads),
                switch (config.text("hidden_act", "quick_gelu")) {
                    case "quick_gelu" -> Activate.Function.QUICK_GELU;
                    case "gelu" -> Activate.Function.GELU;
                    default -> Activate.Function.GELU_TANH;
                },
                config.number("layer_norm_eps", 1e-5));
        if (tower.features % tower.heads != 0) {
            throw config.wrong(
                    "num_attention_heads", tower.heads + " heads", "a divisor of the " + tower.features + " features");
        }
        return tower;
    }

    /** The hidden state before the first layer and after each. @param at the scope of {@code encoder} */
    List<Value> build(ModuleScope at, Value embeddings, boolean causal) {
        List<Value> states = new ArrayList<>(List.of(embeddings));
        for (int i = 0; i < layers; i++) {
            states.add(layer(at.child("layers", i), states.get(i), causal));
        }
        at.returns(states.get(layers));
        return states;
    }

    private Value layer(ModuleScope at, Value x, boolean causal) {
        ModuleScope attn = at.child("self_attn");
        Value norm1 = at.layerNorm("layer_norm1", x, epsilon);
        Value q = attn.linear("q_proj", norm1, features, true);
        Value k = attn.linear("k_proj", norm1, features, true);
        Value v = attn.linear("v_proj", norm1, features, true);
        double scale = 1 / Math.sqrt((double) features / heads);
        Value mixed = attn.op("attention", new Attention(heads, scale, causal), q, k, v);
        Value h = at.add("add_attn", x, attn.returns(attn.linear("out_proj", mixed, features, true)));

        ModuleScope mlp = at.child("mlp");
        Value wide = mlp.linear("fc1", at.layerNorm("layer_norm2", h, epsilon), innerFeatures, true);
        Value activated = mlp.op("activation_fn", new Activate(activation), wide);
        Value narrow = mlp.returns(mlp.linear("fc2", activated, features, true));
        return at.returns(at.add("add_mlp", h, narrow));
    }
}
