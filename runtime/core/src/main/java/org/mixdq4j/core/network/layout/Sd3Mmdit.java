package org.mixdq4j.core.network.layout;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.mixdq4j.core.network.layout.TensorMatch.Form;

/**
 * The transformer of Stable Diffusion 3 and 3.5 as its authors store it: query, key and value are one tensor, and the last
 * modulations of either stream have shift before scale. Source: diffusers' convert_sd3_transformer_checkpoint_to_diffusers.
 */
final class Sd3Mmdit implements Layout {
    private static final String BLOCKS = "transformer_blocks";
    private static final Map<String, String> ENDS = Map.of(
            "pos_embed.proj", "x_embedder.proj",
            "time_text_embed.timestep_embedder.linear_1", "t_embedder.mlp.0",
            "time_text_embed.timestep_embedder.linear_2", "t_embedder.mlp.2",
            "time_text_embed.text_embedder.linear_1", "y_embedder.mlp.0",
            "time_text_embed.text_embedder.linear_2", "y_embedder.mlp.2",
            "context_embedder", "context_embedder",
            "norm_out.linear", "final_layer.adaLN_modulation.1",
            "proj_out", "final_layer.linear");
    private static final Map<String, String> BLOCK = Map.ofEntries(
            Map.entry("norm1.linear", "x_block.adaLN_modulation.1"),
            Map.entry("norm1_context.linear", "context_block.adaLN_modulation.1"),
            Map.entry("attn.norm_q", "x_block.attn.ln_q"),
            Map.entry("attn.norm_k", "x_block.attn.ln_k"),
            Map.entry("attn.norm_added_q", "context_block.attn.ln_q"),
            Map.entry("attn.norm_added_k", "context_block.attn.ln_k"),
            Map.entry("attn.to_out.0", "x_block.attn.proj"),
            Map.entry("attn.to_add_out", "context_block.attn.proj"),
            Map.entry("attn2.norm_q", "x_block.attn2.ln_q"),
            Map.entry("attn2.norm_k", "x_block.attn2.ln_k"),
            Map.entry("attn2.to_out.0", "x_block.attn2.proj"),
            Map.entry("ff.net.0.proj", "x_block.mlp.fc1"),
            Map.entry("ff.net.2", "x_block.mlp.fc2"),
            Map.entry("ff_context.net.0.proj", "context_block.mlp.fc1"),
            Map.entry("ff_context.net.2", "context_block.mlp.fc2"));
    /** What is stacked, by its first part: the foreign module and the parts in order. */
    private static final Map<String, Stack> STACKS = Map.of(
            "attn.to_q", new Stack("x_block.attn.qkv", List.of("attn.to_q", "attn.to_k", "attn.to_v")),
            "attn.add_q_proj",
                    new Stack(
                            "context_block.attn.qkv", List.of("attn.add_q_proj", "attn.add_k_proj", "attn.add_v_proj")),
            "attn2.to_q", new Stack("x_block.attn2.qkv", List.of("attn2.to_q", "attn2.to_k", "attn2.to_v")));

    private record Stack(String foreign, List<String> parts) {}

    @Override
    public List<TensorMatch> match(Collection<String> own) {
        ModuleNames names = new ModuleNames(own);
        ENDS.forEach(names::put);
        Map<String, TensorMatch> stacks = new LinkedHashMap<>();
        int blocks = names.count(BLOCKS);
        for (int i = 0; i < blocks; i++) {
            String ours = BLOCKS + "." + i;
            String theirs = "joint_blocks." + i;
            names.put(ours, theirs, BLOCK);
            STACKS.forEach((first, stack) -> {
                for (String kind : List.of(".weight", ".bias")) {
                    stacks.put(
                            ours + "." + first + kind,
                            new TensorMatch(
                                    theirs + "." + stack.foreign() + kind,
                                    stack.parts().stream()
                                            .map(part -> ours + "." + part + kind)
                                            .toList(),
                                    Form.STACKED));
                }
            });
        }
        // The last block leaves the text's stream: what modulates it is a final norm, as norm_out is for the picture's.
        List<String> finalNorms = List.of("norm_out.", BLOCKS + "." + (blocks - 1) + ".norm1_context.");
        List<TensorMatch> matches = new ArrayList<>();
        for (String name : own) {
            if (stacks.containsKey(name)) {
                matches.add(stacks.get(name));
            } else if (name.equals("pos_embed.pos_embed")) {
                matches.add(TensorMatch.of(Form.SAME, "pos_embed", name));
            } else {
                boolean swapped = finalNorms.stream().anyMatch(name::startsWith);
                names.rename(name)
                        .ifPresent(found ->
                                matches.add(TensorMatch.of(swapped ? Form.HALVES_SWAPPED : Form.SAME, found, name)));
            }
        }
        return matches;
    }
}
