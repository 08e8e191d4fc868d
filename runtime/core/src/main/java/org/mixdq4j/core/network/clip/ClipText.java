package org.mixdq4j.core.network.clip;

import static org.mixdq4j.core.network.block.ModuleScope.extent;

import com.fasterxml.jackson.databind.JsonNode;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.GraphBuilder;
import org.mixdq4j.core.network.block.ModuleScope;
import org.mixdq4j.core.network.config.ConfigReader;

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
        return graph(config, batch, 0);
    }

    /**
     * The same with two more outputs, what diffusers' {@code clip_skip} takes: {@code skipped}, the state so many layers
     * before the last one's, without the final norm, and {@code skipped_penultimate} one layer before.
     *
     * @param skip layers to leave out, from 0: then there are no more outputs
     * @throws org.mixdq4j.core.error.UsageException if there are not as many layers
     */
    public static Graph graph(JsonNode config, int batch, int skip) {
        ConfigReader any = new ConfigReader(config, PLAIN);
        any.only("architectures", PLAIN, PROJECTED);
        boolean projected = any.texts("architectures").contains(PROJECTED);
        ConfigReader reader = new ConfigReader(config, projected ? PROJECTED : PLAIN);
        TextTower text = TextTower.read(reader);
        text.requireLayers(skip);
        int projection = reader.count("projection_dim", 512);
        reader.refuseUnread(ClipTower.HARMLESS);
        extent("batch size", batch);
        return reader.consistent(() -> {
            GraphBuilder graph = new GraphBuilder(reader.network());
            TextTower.States states = text.build(graph, batch);
            graph.output("last_hidden_state", states.last());
            graph.output("penultimate", states.before(1));
            if (skip > 0) {
                graph.output("skipped", states.before(skip));
                graph.output("skipped_penultimate", states.before(skip + 1));
            }
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
