package org.mixdq4j.core.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.op.ParameterSpec;
import org.mixdq4j.core.io.AtomicFiles;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.io.Sha256;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.safetensors.SafetensorsWriter;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;

/**
 * Writes a checkpoint folder. The configuration comes last, and a folder without one is not a checkpoint, so that a
 * killed writer leaves nothing that could be taken for one.
 */
public final class QuantizedCheckpointWriter {
    private QuantizedCheckpointWriter() {}

    /**
     * @param graph the network, for which tensors there are
     * @param source the float model's weights
     * @param quantized quantized form of each layer in {@code quants}
     * @param config everything but the weights' digest, which is filled in
     * @param networkConfig config.json of the float component, copied beside the weights
     */
    public static void write(
            Path folder,
            Graph graph,
            WeightSource source,
            Map<String, QuantizedLayer> quantized,
            QuantizationConfig config,
            JsonNode networkConfig) {
        write(
                folder,
                QuantizedCheckpoint.weightsFile(folder, config.component()),
                graph,
                source,
                quantized,
                config,
                networkConfig);
    }

    /** The same of a text encoder, with its configuration and weights in the folder of its component. */
    public static void writeEncoder(
            Path folder,
            Graph graph,
            WeightSource source,
            Map<String, QuantizedLayer> quantized,
            QuantizationConfig config,
            JsonNode networkConfig) {
        write(
                folder.resolve(config.component()),
                QuantizedCheckpoint.encoderWeightsFile(folder, config.component()),
                graph,
                source,
                quantized,
                config,
                networkConfig);
    }

    private static void write(
            Path folder,
            Path weightsFile,
            Graph graph,
            WeightSource source,
            Map<String, QuantizedLayer> quantized,
            QuantizationConfig config,
            JsonNode networkConfig) {
        AtomicFiles.createDirectories(weightsFile.getParent());
        Json.write(weightsFile.resolveSibling("config.json"), networkConfig);
        SafetensorsWriter.write(
                weightsFile,
                tensors(graph, source, quantized),
                Map.of("format", CheckpointFormat.FORMAT, CheckpointFormat.CONFIG_DIGEST, config.digest()));
        QuantizationConfig complete = new QuantizationConfig(
                config.component(),
                config.source(),
                config.calibration(),
                config.scheme(),
                Sha256.of(weightsFile),
                config.layers(),
                config.floatLayers());
        Json.write(folder.resolve(CheckpointFormat.CONFIG_FILE), complete.toJson());
    }

    private static Map<String, Tensor> tensors(
            Graph graph, WeightSource source, Map<String, QuantizedLayer> quantized) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        for (Node node : graph.nodes()) {
            QuantizedLayer layer = quantized.get(node.id());
            if (layer != null) {
                tensors.putAll(LayerTensors.write(node.id(), layer));
                continue;
            }
            for (ParameterSpec spec : node.op().parameters()) {
                String name = node.parameterName(spec);
                tensors.put(name, source.tensor(name));
            }
        }
        return tensors;
    }
}
