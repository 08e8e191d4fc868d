package org.mixdq4j.core.model.clip;

import static org.mixdq4j.core.model.block.ModuleScope.extent;

import com.fasterxml.jackson.databind.JsonNode;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.GraphBuilder;
import org.mixdq4j.core.model.block.ModuleScope;
import org.mixdq4j.core.model.config.ConfigReader;

/**
 * transformers' CLIPTextModel and CLIPTextModelWithProjection. Input: {@code input_ids} I64 [B, N], N being the number
 * of positions (77). Outputs: {@code last_hidden_state} [B, N, D] after the final norm, {@code penultimate} [B, N, D]
 * before the last layer and without that norm, and the state at the end of the text: {@code pooler_output} [B, D], or
 * projected {@code text_embeds} [B, P].
 */
public final class ClipText {
    public static final String PLAIN = "CLIPTextModel";
    public static final String PROJECTED = "CLIPTextModelWithProjection";

    private ClipText() {}

    /** @throws org.mixdq4j.core.error.MixdqException if the file is incomplete or asks for something not supported */
    public static Graph graph(JsonNode config, int batch) {
        ConfigReader any = new ConfigReader(config, PLAIN);
        any.only("architectures", PLAIN, PROJECTED);
        boolean projected = any.texts("architectures").contains(PROJECTED);
        ConfigReader reader = new ConfigReader(config, projected ? PROJECTED : PLAIN);
        TextTower text = TextTower.read(reader);
        int projection = reader.count("projection_dim", 512);
        reader.refuseUnread(ClipTower.HARMLESS);
        extent("batch size", batch);
        return reader.consistent(() -> {
            GraphBuilder graph = new GraphBuilder(reader.network());
            TextTower.States states = text.build(graph, batch);
            graph.output("last_hidden_state", states.last());
            graph.output("penultimate", states.penultimate());
            if (projected) {
                ModuleScope root = ModuleScope.root(graph);
                graph.output("text_embeds", root.linear("text_projection", states.pooled(), projection, false));
            } else {
                graph.output("pooler_output", states.pooled());
            }
            return graph.build();
        });
    }
}
