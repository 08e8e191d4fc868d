package org.mixdq4j.core.network.source;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.network.NetworkShape;
import org.mixdq4j.core.network.Networks;
import org.mixdq4j.core.network.vae.AutoencoderKl;
import org.mixdq4j.core.tensor.Shape;

/** All parameters of a component, whatever picture or prompt it is run with. */
public final class ComponentGraphs {
    private ComponentGraphs() {}

    /** The graphs that together have the component's parameters: of an autoencoder its encoder and decoder. */
    public static List<Graph> of(String component, JsonNode config) {
        if (component.equals("vae")) {
            return List.of(AutoencoderKl.encoder(config, 1, 64, 64), AutoencoderKl.decoder(config, 1, 8, 8));
        }
        // A picture of a few patches, or one that can be halved often enough.
        int side =
                component.equals("transformer") ? 2 * config.path("patch_size").asInt(2) : 64;
        return List.of(Networks.build(config, new NetworkShape(1, side, side, 77)));
    }

    static Map<String, Shape> parameters(String component, JsonNode config) {
        Map<String, Shape> all = new LinkedHashMap<>();
        of(component, config).forEach(graph -> all.putAll(graph.parameters()));
        return all;
    }
}
