package org.mixdq4j.bench.step;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.List;
import org.mixdq4j.core.artifact.checkpoint.QuantizedCheckpoint;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.network.NetworkShape;
import org.mixdq4j.core.network.Networks;
import org.mixdq4j.core.network.vae.AutoencoderKl;

/** One network by itself: a folder with config.json, and weights unless they are still to be made. */
public record Component(Path folder, JsonNode config) {
    private static final NetworkShape ANY = new NetworkShape(1, 8, 8, 77);

    /** @throws org.mixdq4j.core.error.MixdqException if there is no config.json in {@code folder} */
    public static Component open(Path folder) {
        return new Component(folder, Networks.read(folder.resolve("config.json")));
    }

    /** The folder's name, which is the component's in a model folder. */
    public String name() {
        return folder.toAbsolutePath().normalize().getFileName().toString();
    }

    /** Its quantized form: a part of a model's checkpoint, or a checkpoint of this component alone. */
    public QuantizedCheckpoint quantized(Path checkpoint) {
        return QuantizedCheckpoint.openPart(checkpoint, name()).orElseGet(() -> QuantizedCheckpoint.open(checkpoint));
    }

    public Graph graph(NetworkShape shape) {
        return Networks.build(config, shape);
    }

    /** The graph in some small size: parameters and layers are the same in all. */
    public Graph smallGraph() {
        return graph(ANY);
    }

    /** Graphs that have all parameters between them: an autoencoder is two. */
    public List<Graph> graphs() {
        Graph graph = smallGraph();
        return Networks.architecture(config).equals("AutoencoderKL")
                ? List.of(graph, AutoencoderKl.encoder(config, 1, 64, 64))
                : List.of(graph);
    }
}
