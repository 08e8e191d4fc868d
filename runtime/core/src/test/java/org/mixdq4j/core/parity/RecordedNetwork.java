package org.mixdq4j.core.parity;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.network.CheckpointNames;
import org.mixdq4j.core.network.Shipped;
import org.mixdq4j.core.safetensors.SafetensorsFile;
import org.mixdq4j.core.safetensors.SafetensorsFolder;
import org.mixdq4j.core.tensor.LeftOut;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;

/** A fixture: a network or two with inputs and what diffusers or transformers gave for them. */
public final class RecordedNetwork implements AutoCloseable {
    private final SafetensorsFolder weights;
    private final SafetensorsFile io;
    private final List<Graph> graphs;

    private RecordedNetwork(Path folder, Path model) {
        this.weights = SafetensorsFolder.open(model);
        this.io = SafetensorsFile.open(folder.resolve("io.safetensors"));
        JsonNode config = Json.read(model.resolve("config.json"));
        this.graphs = RecordedGraphs.of(config, io);
    }

    public static RecordedNetwork open(String fixture) {
        return new RecordedNetwork(Shipped.path("fixtures/" + fixture), Shipped.path(Shipped.modelOf(fixture)));
    }

    /** All fixtures of networks. */
    public static List<String> all() {
        return Shipped.fixtures("unet_", "clip_", "vae_", "mmdit_", "t5").stream()
                .filter(name -> Files.exists(Shipped.path("fixtures/" + name + "/io.safetensors")))
                .toList();
    }

    public List<Graph> graphs() {
        return graphs;
    }

    /** Positions that a formula gives are computed, which is what the recordings were made with, or nearly. */
    public WeightSource weights(Graph graph) {
        return CheckpointNames.adapt(new LeftOut(weights, graph.formulas().keySet()), graph);
    }

    public Map<String, Tensor> inputs(Graph graph) {
        Map<String, Tensor> inputs = new LinkedHashMap<>();
        graph.inputs().keySet().forEach(name -> inputs.put(name, io.tensor("in." + name)));
        return inputs;
    }

    /** Those that were recorded. */
    public Map<String, Tensor> outputs(Graph graph) {
        Map<String, Tensor> outputs = new LinkedHashMap<>();
        graph.outputs().keySet().stream()
                .filter(name -> io.contains("out." + name))
                .forEach(name -> outputs.put(name, io.tensor("out." + name)));
        return outputs;
    }

    @Override
    public void close() {
        weights.close();
        io.close();
    }
}
