package org.mixdq4j.core.network.source;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.mixdq4j.core.error.MixdqException;

/** Reads the sizes of a transformer of SD3 or SD3.5 off the tensors of its authors' layout. */
final class MmditSizes {
    private static final int HEAD = 64;

    private MmditSizes() {}

    static boolean fits(TensorShapes tensors) {
        return tensors.has("joint_blocks.0.x_block.attn.qkv.weight") && tensors.has("x_embedder.proj.weight");
    }

    /** Corrects the sizes in a configuration of the same family. @throws MixdqException if one cannot be told */
    static void into(ObjectNode config, TensorShapes tensors) {
        int features = tensors.dim("x_embedder.proj.weight", 0);
        int patch = tensors.dim("x_embedder.proj.weight", 2);
        int layers = tensors.count("joint_blocks.", ".x_block.attn.qkv.weight");
        boolean normalized = tensors.has("joint_blocks.0.x_block.attn.ln_q.weight");
        int head = normalized ? tensors.dim("joint_blocks.0.x_block.attn.ln_q.weight", 0) : HEAD;
        // Published transformers have a head for every layer; another width of heads would draw something else.
        if (features % head != 0 || !normalized && features != head * layers) {
            throw new MixdqException(
                    "How many attention heads the transformer in " + tensors.file()
                            + " has cannot be told: its " + features
                            + " features are not those of a published model; give --base FOLDER with its transformer/config.json.");
        }
        config.put("attention_head_dim", head);
        config.put("num_attention_heads", features / head);
        config.put("caption_projection_dim", tensors.dim("context_embedder.weight", 0));
        config.put("joint_attention_dim", tensors.dim("context_embedder.weight", 1));
        config.put("pooled_projection_dim", tensors.dim("y_embedder.mlp.0.weight", 1));
        config.put("in_channels", tensors.dim("x_embedder.proj.weight", 1));
        config.put("out_channels", tensors.dim("final_layer.linear.weight", 0) / (patch * patch));
        config.put("patch_size", patch);
        config.put("num_layers", layers);
        config.put("qk_norm", normalized ? "rms_norm" : null);
        ArrayNode dual = config.putArray("dual_attention_layers");
        for (int i = 0; i < layers; i++) {
            if (tensors.has("joint_blocks." + i + ".x_block.attn2.qkv.weight")) {
                dual.add(i);
            }
        }
        if (tensors.has("pos_embed")) {
            config.put("pos_embed_max_size", (int) Math.round(Math.sqrt(tensors.dim("pos_embed", 1))));
        }
    }
}
