package org.mixdq4j.core.network.layout;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The UNet of latent diffusion (CompVis, sgm, ComfyUI): blocks numbered from the input to the output, each a list of a
 * residual block, a transformer and a sampler. Source: diffusers' convert_ldm_unet_checkpoint.
 */
final class LdmUNet implements Layout {
    private static final Map<String, String> RESNET = Map.of(
            "norm1", "in_layers.0",
            "conv1", "in_layers.2",
            "time_emb_proj", "emb_layers.1",
            "norm2", "out_layers.0",
            "conv2", "out_layers.3",
            "conv_shortcut", "skip_connection");
    private static final Map<String, String> ENDS = Map.of(
            "time_embedding.linear_1", "time_embed.0",
            "time_embedding.linear_2", "time_embed.2",
            "add_embedding.linear_1", "label_emb.0.0",
            "add_embedding.linear_2", "label_emb.0.2",
            "conv_in", "input_blocks.0.0",
            "conv_norm_out", "out.0",
            "conv_out", "out.2");

    @Override
    public List<TensorMatch> match(Collection<String> own) {
        ModuleNames names = new ModuleNames(own);
        ENDS.forEach(names::put);
        inputBlocks(names);
        int middle = 0;
        for (int i = 0; i < names.count("mid_block.resnets"); i++) {
            names.put("mid_block.resnets." + i, "middle_block." + middle++, RESNET);
            if (names.has("mid_block.attentions." + i)) {
                names.put("mid_block.attentions." + i, "middle_block." + middle++);
            }
        }
        outputBlocks(names);
        List<TensorMatch> matches = new ArrayList<>();
        for (String name : own) {
            Optional<String> foreign = names.rename(name);
            foreign.ifPresent(found -> matches.add(TensorMatch.of(TensorMatch.Form.SAME, found, name)));
        }
        return matches;
    }

    private static void inputBlocks(ModuleNames names) {
        int block = 1;
        for (int level = 0; level < names.count("down_blocks"); level++) {
            String ours = "down_blocks." + level;
            for (int layer = 0; layer < names.count(ours + ".resnets"); layer++) {
                String theirs = "input_blocks." + block++;
                names.put(ours + ".resnets." + layer, theirs + ".0", RESNET);
                names.put(ours + ".attentions." + layer, theirs + ".1");
            }
            String sampler = ours + ".downsamplers.0.conv";
            if (names.has(sampler)) {
                names.put(sampler, "input_blocks." + block++ + ".0.op");
            }
        }
    }

    private static void outputBlocks(ModuleNames names) {
        int block = 0;
        for (int level = 0; level < names.count("up_blocks"); level++) {
            String ours = "up_blocks." + level;
            int layers = names.count(ours + ".resnets");
            for (int layer = 0; layer < layers; layer++) {
                String theirs = "output_blocks." + block++;
                names.put(ours + ".resnets." + layer, theirs + ".0", RESNET);
                boolean attends = names.has(ours + ".attentions." + layer);
                names.put(ours + ".attentions." + layer, theirs + ".1");
                if (layer == layers - 1) {
                    names.put(ours + ".upsamplers.0.conv", theirs + (attends ? ".2" : ".1") + ".conv");
                }
            }
        }
    }
}
