package org.mixdq4j.core.network.source;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/** Reads the sizes of an autoencoder off the tensors of its ldm layout. */
final class VaeSizes {
    private VaeSizes() {}

    static boolean fits(TensorShapes tensors) {
        return tensors.has("decoder.conv_in.weight") && tensors.has("decoder.up.0.block.0.conv1.weight");
    }

    /** Corrects the sizes in a configuration of the same family. */
    static void into(ObjectNode config, TensorShapes tensors) {
        int levels = tensors.count("decoder.up.", ".block.0.conv1.weight");
        List<Integer> channels = new ArrayList<>();
        for (int level = 0; level < levels; level++) {
            channels.add(tensors.dim("decoder.up." + level + ".block.0.conv1.weight", 0));
        }
        // The decoder has a block more at each level than the number says.
        int layers = tensors.count("decoder.up.0.block.", ".conv1.weight") - 1;
        ArrayNode blocks = config.putArray("block_out_channels");
        channels.forEach(blocks::add);
        config.put("layers_per_block", layers);
        ArrayNode down = config.putArray("down_block_types");
        ArrayNode up = config.putArray("up_block_types");
        channels.forEach(each -> {
            down.add("DownEncoderBlock2D");
            up.add("UpDecoderBlock2D");
        });
        config.put("latent_channels", tensors.dim("decoder.conv_in.weight", 1));
        config.put("out_channels", tensors.dim("decoder.conv_out.weight", 0));
        if (tensors.has("encoder.conv_in.weight")) {
            config.put("in_channels", tensors.dim("encoder.conv_in.weight", 1));
        }
        config.put("use_post_quant_conv", tensors.has("post_quant_conv.weight"));
        config.put("use_quant_conv", tensors.has("quant_conv.weight"));
        config.put("mid_block_add_attention", tensors.has("decoder.mid.attn_1.q.weight"));
    }
}
