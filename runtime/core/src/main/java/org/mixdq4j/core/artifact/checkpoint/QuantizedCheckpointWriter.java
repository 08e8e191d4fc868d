package org.mixdq4j.core.artifact.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.op.ParameterSpec;
import org.mixdq4j.core.io.AtomicFiles;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.io.Sha256;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.safetensors.SafetensorsWriter;
import org.mixdq4j.core.safetensors.TensorInfo;
import org.mixdq4j.core.safetensors.TensorSpool;
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
     * @param quantized quantized form of each layer in {@code quants}; asked for once a layer, in graph order
     * @param config everything but the weights' digest, which is filled in
     * @param networkConfig config.json of the float component, copied beside the weights
     */
    public static void write(
            Path folder,
            Graph graph,
            WeightSource source,
            QuantizedLayers quantized,
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

    /** The same of a text encoder or the VAE, with its configuration and weights in the folder of its component. */
    public static void writePart(
            Path folder,
            Graph graph,
            WeightSource source,
            QuantizedLayers quantized,
            QuantizationConfig config,
            JsonNode networkConfig) {
        write(
                folder.resolve(config.component()),
                QuantizedCheckpoint.partWeightsFile(folder, config.component()),
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
            QuantizedLayers quantized,
            QuantizationConfig config,
            JsonNode networkConfig) {
        AtomicFiles.createDirectories(weightsFile.getParent());
        Json.write(weightsFile.resolveSibling("config.json"), networkConfig);
        Map<String, String> metadata =
                Map.of("format", CheckpointFormat.FORMAT, CheckpointFormat.CONFIG_DIGEST, config.digest());
        writeWeights(weightsFile, graph, source, quantized, metadata);
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

    /** Puts each layer aside as it comes: where its tensors lie follows from all of them. */
    private static void writeWeights(
            Path file, Graph graph, WeightSource source, QuantizedLayers quantized, Map<String, String> metadata) {
        try (TensorSpool spool = TensorSpool.beside(file)) {
            Map<String, TensorInfo> layout = new HashMap<>();
            for (Node node : graph.nodes()) {
                if (quantized.ids().contains(node.id())) {
                    LayerTensors.write(node.id(), quantized.get(node.id())).forEach(spool::put);
                    continue;
                }
                for (ParameterSpec spec : node.op().parameters()) {
                    String name = node.parameterName(spec);
                    layout.put(name, new TensorInfo(source.dtype(name), source.shape(name)));
                }
            }
            layout.putAll(spool.infos());
            Map<String, TensorInfo> ordered = SafetensorsWriter.aligned(layout);
            try (SafetensorsWriter writer = SafetensorsWriter.create(file, ordered, metadata)) {
                for (String name : ordered.keySet()) {
                    if (spool.infos().containsKey(name)) {
                        writer.write(name, spool);
                    } else {
                        writer.write(name, source.tensor(name));
                    }
                }
                writer.finish();
            }
        }
    }
}
