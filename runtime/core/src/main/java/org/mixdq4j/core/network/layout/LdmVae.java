package org.mixdq4j.core.network.layout;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.mixdq4j.core.network.layout.TensorMatch.Form;

/**
 * The autoencoder of latent diffusion: levels of the decoder are counted from the largest picture on, attention consists of
 * 1x1 convolutions. Source: diffusers' convert_ldm_vae_checkpoint.
 */
final class LdmVae implements Layout {
    private static final Map<String, String> RESNET = Map.of(
            "norm1", "norm1", "conv1", "conv1", "norm2", "norm2", "conv2", "conv2", "conv_shortcut", "nin_shortcut");
    private static final Map<String, String> ATTENTION =
            Map.of("group_norm", "norm", "to_q", "q", "to_k", "k", "to_v", "v", "to_out.0", "proj_out");

    @Override
    public List<TensorMatch> match(Collection<String> own) {
        ModuleNames names = new ModuleNames(own);
        for (String part : List.of("encoder", "decoder")) {
            for (String end : List.of("conv_in", "conv_out")) {
                names.put(part + "." + end, part + "." + end);
            }
            names.put(part + ".conv_norm_out", part + ".norm_out");
            names.put(part + ".mid_block.resnets.0", part + ".mid.block_1", RESNET);
            names.put(part + ".mid_block.resnets.1", part + ".mid.block_2", RESNET);
            names.put(part + ".mid_block.attentions.0", part + ".mid.attn_1", ATTENTION);
        }
        names.put("quant_conv", "quant_conv");
        names.put("post_quant_conv", "post_quant_conv");
        int levels = names.count("encoder.down_blocks");
        for (int level = 0; level < levels; level++) {
            level(names, "encoder.down_blocks." + level, "encoder.down." + level, "downsample");
        }
        int above = names.count("decoder.up_blocks") - 1;
        for (int level = 0; level <= above; level++) {
            level(names, "decoder.up_blocks." + level, "decoder.up." + (above - level), "upsample");
        }
        List<TensorMatch> matches = new ArrayList<>();
        for (String name : own) {
            boolean matrix = name.endsWith(".weight")
                    && name.contains(".mid_block.attentions.")
                    && !name.contains(".group_norm.");
            names.rename(name)
                    .ifPresent(found -> matches.add(TensorMatch.of(matrix ? Form.POINTWISE : Form.SAME, found, name)));
        }
        return matches;
    }

    private static void level(ModuleNames names, String own, String foreign, String sampler) {
        for (int layer = 0; layer < names.count(own + ".resnets"); layer++) {
            names.put(own + ".resnets." + layer, foreign + ".block." + layer, RESNET);
        }
        names.put(own + "." + sampler + "rs.0.conv", foreign + "." + sampler + ".conv");
    }
}
