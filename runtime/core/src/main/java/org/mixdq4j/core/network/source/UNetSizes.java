package org.mixdq4j.core.network.source;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.mixdq4j.core.error.MixdqException;

/** Reads the sizes of a UNet off the tensors of its ldm layout: channels, blocks, transformers, widths of its inputs. */
final class UNetSizes {
    private static final int HEAD = 64;

    private final TensorShapes tensors;
    private final List<Level> down = new ArrayList<>();
    private final List<List<Integer>> up = new ArrayList<>();

    /** Blocks at one resolution. @param depths transformer layers of each block, 0 where there is no transformer */
    private record Level(int channels, List<Integer> depths) {
        boolean attends() {
            return depths.stream().anyMatch(depth -> depth > 0);
        }
    }

    private UNetSizes(TensorShapes tensors) {
        this.tensors = tensors;
        List<Integer> depths = new ArrayList<>();
        int channels = 0;
        for (int i = 1; tensors.has(block(i) + "0.op.weight") || tensors.has(block(i) + "0.in_layers.2.weight"); i++) {
            if (tensors.has(block(i) + "0.op.weight")) {
                down.add(new Level(channels, List.copyOf(depths)));
                depths.clear();
            } else {
                channels = tensors.dim(block(i) + "0.in_layers.2.weight", 0);
                depths.add(depth(block(i) + "1."));
            }
        }
        down.add(new Level(channels, List.copyOf(depths)));
        readUp();
    }

    private void readUp() {
        int block = 0;
        for (int level = 0; level < down.size(); level++) {
            List<Integer> depths = new ArrayList<>();
            boolean last = false;
            while (!last && tensors.has("output_blocks." + block + ".0.in_layers.2.weight")) {
                String at = "output_blocks." + block++ + ".";
                depths.add(depth(at + "1."));
                last = tensors.has(at + "1.conv.weight") || tensors.has(at + "2.conv.weight");
            }
            up.add(depths);
        }
    }

    private static String block(int index) {
        return "input_blocks." + index + ".";
    }

    private int depth(String at) {
        return tensors.count(at + "transformer_blocks.", ".norm1.weight");
    }

    /** Whether a file holds such a UNet under the prefix. */
    static boolean fits(TensorShapes tensors) {
        return tensors.has("input_blocks.0.0.weight") && tensors.has("out.2.weight");
    }

    /** Features of the text it reads; 0 if it reads none. */
    static int textFeatures(TensorShapes tensors) {
        for (String name : tensors.names()) {
            if (name.endsWith(".attn2.to_k.weight")) {
                return tensors.dim(name, 1);
            }
        }
        return 0;
    }

    /**
     * Corrects the sizes in a configuration of the same family.
     *
     * @throws MixdqException if something cannot be told from the tensors
     */
    static void into(ObjectNode config, TensorShapes tensors) {
        new UNetSizes(tensors).write(config);
    }

    private void write(ObjectNode config) {
        if (down.stream().anyMatch(level -> level.depths().isEmpty())) {
            throw new MixdqException("The blocks of the UNet in " + tensors.file()
                    + " are not those of Stable Diffusion, which have residual blocks at every resolution; give --base"
                    + " FOLDER with its unet/config.json.");
        }
        config.put("in_channels", tensors.dim("input_blocks.0.0.weight", 1));
        config.put("out_channels", tensors.dim("out.2.weight", 0));
        ArrayNode channels = config.putArray("block_out_channels");
        ArrayNode downTypes = config.putArray("down_block_types");
        down.forEach(level -> channels.add(level.channels()));
        down.forEach(level -> downTypes.add(level.attends() ? "CrossAttnDownBlock2D" : "DownBlock2D"));
        ArrayNode upTypes = config.putArray("up_block_types");
        up.forEach(depths -> upTypes.add(depths.stream().anyMatch(d -> d > 0) ? "CrossAttnUpBlock2D" : "UpBlock2D"));
        layers(config);
        transformers(config);
        heads(config);
        int text = textFeatures(tensors);
        if (text > 0) {
            config.put("cross_attention_dim", text);
            config.put("use_linear_projection", linearProjection());
        }
        if (tensors.has("label_emb.0.0.weight")) {
            config.put("projection_class_embeddings_input_dim", tensors.dim("label_emb.0.0.weight", 1));
        }
    }

    private boolean linearProjection() {
        return tensors.names().stream()
                .filter(name -> name.endsWith(".1.proj_in.weight"))
                .anyMatch(name -> tensors.shape(name).rank() == 2);
    }

    private void layers(ObjectNode config) {
        List<Integer> layers = down.stream().map(level -> level.depths().size()).toList();
        if (layers.stream().distinct().count() == 1) {
            config.put("layers_per_block", layers.get(0));
        } else {
            layers.forEach(config.putArray("layers_per_block")::add);
        }
    }

    private void transformers(ObjectNode config) {
        String mid = depth("middle_block.1.") > 0
                ? "UNetMidBlock2DCrossAttn"
                : tensors.has("middle_block.1.in_layers.2.weight") ? "UNetMidBlock2D" : null;
        config.put("mid_block_type", mid);
        List<List<Integer>> depths =
                new ArrayList<>(down.stream().map(Level::depths).toList());
        List<List<Integer>> reversed = new ArrayList<>(up);
        Collections.reverse(reversed);
        boolean uniform = true;
        for (int level = 0; level < depths.size(); level++) {
            List<Integer> both = new ArrayList<>(depths.get(level));
            both.addAll(reversed.get(level));
            uniform &= both.stream().distinct().count() == 1;
        }
        if (!uniform) {
            nested(config.putArray("transformer_layers_per_block"), depths);
            nested(config.putArray("reverse_transformer_layers_per_block"), up);
            return;
        }
        List<Integer> each =
                depths.stream().map(level -> Math.max(1, level.get(0))).toList();
        if (each.stream().distinct().count() == 1) {
            config.put("transformer_layers_per_block", each.get(0));
        } else {
            each.forEach(config.putArray("transformer_layers_per_block")::add);
        }
    }

    private static void nested(ArrayNode array, List<List<Integer>> depths) {
        for (List<Integer> level : depths) {
            if (level.stream().distinct().count() == 1) {
                array.add(Math.max(1, level.get(0)));
            } else {
                level.forEach(array.addArray()::add);
            }
        }
    }

    /** A family has either a number of heads or a width of one; the first stands as it is. */
    private void heads(ObjectNode config) {
        if (!config.path("attention_head_dim").isArray()) {
            int heads = config.path("attention_head_dim").asInt();
            if (down.stream().anyMatch(level -> level.attends() && level.channels() < 4 * heads)) {
                throw unknownHeads();
            }
            return;
        }
        ArrayNode heads = config.putArray("attention_head_dim");
        for (Level level : down) {
            if (level.attends() && level.channels() % HEAD != 0) {
                throw unknownHeads();
            }
            heads.add(Math.max(1, level.channels() / HEAD));
        }
    }

    private MixdqException unknownHeads() {
        return new MixdqException("How many attention heads the UNet in " + tensors.file()
                + " has cannot be told: its channels are not those of a published model; give --base FOLDER with its"
                + " unet/config.json.");
    }
}
