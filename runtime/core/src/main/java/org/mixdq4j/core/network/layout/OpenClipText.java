package org.mixdq4j.core.network.layout;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.mixdq4j.core.network.layout.TensorMatch.Form;

/**
 * The text tower of OpenCLIP (SD2, the second encoder of SDXL): query, key and value are one tensor, and the projection is
 * multiplied from the left. Source: diffusers' convert_open_clip_checkpoint.
 */
final class OpenClipText implements Layout {
    private static final Map<String, String> LAYER = Map.of(
            "layer_norm1", "ln_1",
            "layer_norm2", "ln_2",
            "mlp.fc1", "mlp.c_fc",
            "mlp.fc2", "mlp.c_proj",
            "self_attn.out_proj", "attn.out_proj");
    private static final List<String> STACKED = List.of("q_proj", "k_proj", "v_proj");

    @Override
    public List<TensorMatch> match(Collection<String> own) {
        ModuleNames names = new ModuleNames(own);
        names.put("text_model.embeddings.token_embedding", "token_embedding");
        names.put("text_model.final_layer_norm", "ln_final");
        String layers = "text_model.encoder.layers";
        for (int i = 0; i < names.count(layers); i++) {
            names.put(layers + "." + i, "transformer.resblocks." + i, LAYER);
        }
        List<TensorMatch> matches = new ArrayList<>();
        for (String name : own) {
            if (name.equals("text_projection.weight")) {
                matches.add(TensorMatch.of(Form.TRANSPOSED, "text_projection", name));
            } else if (name.equals("text_model.embeddings.position_embedding.weight")) {
                matches.add(TensorMatch.of(Form.SAME, "positional_embedding", name));
            } else if (name.contains(".self_attn.q_proj.")) {
                String kind = name.substring(name.lastIndexOf('.') + 1);
                String layer = name.substring(layers.length() + 1, name.indexOf(".self_attn."));
                matches.add(new TensorMatch(
                        "transformer.resblocks." + layer + ".attn.in_proj_" + kind,
                        STACKED.stream()
                                .map(part -> name.replace("q_proj", part))
                                .toList(),
                        Form.STACKED));
            } else {
                names.rename(name).ifPresent(found -> matches.add(TensorMatch.of(Form.SAME, found, name)));
            }
        }
        return matches;
    }
}
