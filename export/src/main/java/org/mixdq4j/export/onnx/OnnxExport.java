package org.mixdq4j.export.onnx;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.io.AtomicFile;
import org.mixdq4j.core.io.AtomicFiles;
import org.mixdq4j.core.progress.Progress;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.tensor.WeightSource;

/**
 * Writes a network as an ONNX model of one size and batch. Weights go to the disk one by one, so that memory holds about as
 * much as the largest of them takes in F32, twice. Equal input gives equal bytes.
 */
public final class OnnxExport {
    /** Version of the standard operators: the first with 4-bit integers. */
    public static final int OPSET = 21;

    private static final int IR_VERSION = 10;
    /** A file that holds all may have no more bytes of tensors: Protocol Buffers end at 2 GiB. */
    private static final long LARGEST_SINGLE_FILE = 1L << 30;

    private static final int GRAPH = 7;
    private static final int GRAPH_NAME = 2;
    private static final int INITIALIZER = 5;

    private OnnxExport() {}

    /**
     * What was written.
     *
     * @param files the model, and its external data where it has such
     * @param bytes of all files
     */
    public record Written(List<Path> files, long bytes) {}

    /**
     * Writes the model, and beside it {@code <name>_data} where the weights are over 1 GiB or the options ask for it.
     *
     * @param file of the model, such as {@code unet/model.onnx}
     * @param weights tensors by the graph's parameter names; those of quantized layers are not read
     * @param quantized layer id to its quantized form; each is asked for once
     * @param properties for the model's metadata, such as what made it
     * @throws org.mixdq4j.core.error.MixdqException if a weight is missing or not finite, or a file cannot be written
     */
    public static Written write(
            Path file,
            Graph graph,
            WeightSource weights,
            QuantizedLayers quantized,
            OnnxOptions options,
            Map<String, String> properties,
            Progress progress) {
        Path data = file.resolveSibling(file.getFileName() + "_data");
        try (TensorStore tensors = new TensorStore(data);
                AtomicFile model = AtomicFile.open(file)) {
            OnnxGraph onnx = build(graph, weights, quantized, options, tensors, progress);
            boolean external = options.externalData() || tensors.bytes() > LARGEST_SINGLE_FILE;
            List<TensorStore.Field> initializers =
                    external ? tensors.external(INITIALIZER) : tensors.inline(INITIALIZER);
            long bytes = write(model, graph.name(), onnx.fields(), initializers, tensors, properties);
            if (external) {
                bytes += tensors.bytes();
                tensors.commit();
            }
            model.commit();
            return new Written(external ? List.of(file, data) : List.of(file), bytes);
        } catch (IOException e) {
            throw AtomicFiles.failure("write", file, e);
        }
    }

    private static OnnxGraph build(
            Graph graph,
            WeightSource weights,
            QuantizedLayers quantized,
            OnnxOptions options,
            TensorStore tensors,
            Progress progress) {
        OnnxGraph onnx = new OnnxGraph(tensors);
        Values values = new Values(graph, onnx);
        FloatNodes floats = new FloatNodes(graph, weights, onnx);
        LayerNodes layers = new LayerNodes(graph, values, onnx, floats, options);
        Set<String> integers = quantized.ids();
        progress.begin("exporting", graph.nodes().size());
        int done = 0;
        for (Node node : graph.nodes()) {
            String out = values.claim(node);
            String name = integers.contains(node.id())
                    ? layers.add(node, quantized.get(node.id()), out)
                    : floats.add(node, values.inputs(node), out);
            values.put(node, name);
            progress.at(++done);
        }
        values.finish();
        progress.end();
        return onnx;
    }

    private static long write(
            AtomicFile model,
            String name,
            byte[] nodes,
            List<TensorStore.Field> initializers,
            TensorStore tensors,
            Map<String, String> properties)
            throws IOException {
        byte[] graphName = new Message().add(GRAPH_NAME, name).bytes();
        long size = nodes.length
                + graphName.length
                + initializers.stream().mapToLong(TensorStore.Field::size).sum();
        Message head = new Message().add(1, IR_VERSION).add(2, "mixdq4j");
        head.add(8, new Message().add(1, "").add(2, OPSET));
        new TreeMap<>(properties)
                .forEach((key, value) -> head.add(14, new Message().add(1, key).add(2, value)));
        head.head(GRAPH, size);
        List<TensorStore.Field> fields = new ArrayList<>();
        fields.add(new TensorStore.Field(head.bytes(), 0, 0));
        fields.add(new TensorStore.Field(nodes, 0, 0));
        fields.add(new TensorStore.Field(graphName, 0, 0));
        fields.addAll(initializers);
        FileChannel channel = model.channel();
        for (TensorStore.Field field : fields) {
            tensors.write(field, channel);
        }
        return channel.position();
    }
}
