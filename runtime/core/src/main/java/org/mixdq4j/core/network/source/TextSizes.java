package org.mixdq4j.core.network.source;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.mixdq4j.core.error.MixdqException;

/** Reads the sizes of a text encoder off its tensors. */
final class TextSizes {
    /** Of a head in every published CLIP. */
    private static final int HEAD = 64;

    private TextSizes() {}

    /** CLIP as transformers names it. @param module {@code text_model.} or nothing */
    static void clip(ObjectNode config, TensorShapes tensors, String module) {
        String layers = module + "encoder.layers.";
        clip(
                config,
                tensors,
                new Names(
                        module + "embeddings.token_embedding.weight",
                        module + "embeddings.position_embedding.weight",
                        layers + "0.mlp.fc1.weight"),
                tensors.count(layers, ".mlp.fc1.weight"));
        if (tensors.has("text_projection.weight")) {
            config.put("projection_dim", tensors.dim("text_projection.weight", 0));
        } else if (projected(config)) {
            // It is the identity, then.
            config.put("projection_dim", config.path("hidden_size").asInt());
        }
    }

    /** CLIP as OpenCLIP names it. */
    static void openClip(ObjectNode config, TensorShapes tensors) {
        String layers = "transformer.resblocks.";
        int found = tensors.count(layers, ".mlp.c_fc.weight");
        // Without a projection the encoder is read before its last layer, which diffusers then leaves out.
        clip(
                config,
                tensors,
                new Names("token_embedding.weight", "positional_embedding", layers + "0.mlp.c_fc.weight"),
                projected(config) ? found : found - 1);
        if (projected(config)) {
            config.put("projection_dim", tensors.dim("text_projection", 1));
        }
    }

    private static boolean projected(ObjectNode config) {
        return config.path("architectures").path(0).asText().endsWith("WithProjection");
    }

    private record Names(String words, String positions, String inner) {}

    private static void clip(ObjectNode config, TensorShapes tensors, Names names, int layers) {
        int features = tensors.dim(names.words(), 1);
        if (features != config.path("hidden_size").asInt()) {
            if (features % HEAD != 0) {
                throw new MixdqException("How many attention heads the text encoder in " + tensors.file()
                        + " has cannot be told: " + features
                        + " features are not those of a published one; give --base FOLDER with its config.json.");
            }
            config.put("num_attention_heads", features / HEAD);
        }
        config.put("hidden_size", features);
        config.put("vocab_size", tensors.dim(names.words(), 0));
        config.put("max_position_embeddings", tensors.dim(names.positions(), 0));
        config.put("intermediate_size", tensors.dim(names.inner(), 0));
        config.put("num_hidden_layers", layers);
    }

    static void t5(ObjectNode config, TensorShapes tensors) {
        String first = "encoder.block.0.layer.0.SelfAttention.";
        int heads = tensors.dim(first + "relative_attention_bias.weight", 1);
        config.put("vocab_size", tensors.dim("shared.weight", 0));
        config.put("d_model", tensors.dim("shared.weight", 1));
        config.put("num_heads", heads);
        config.put("d_kv", tensors.dim(first + "q.weight", 0) / heads);
        config.put("relative_attention_num_buckets", tensors.dim(first + "relative_attention_bias.weight", 0));
        config.put("d_ff", tensors.dim("encoder.block.0.layer.1.DenseReluDense.wo.weight", 1));
        config.put("num_layers", tensors.count("encoder.block.", ".layer.0.SelfAttention.q.weight"));
    }
}
