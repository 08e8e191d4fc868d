package org.mixdq4j.bench.compare;

import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.mixdq4j.bench.step.Component;
import org.mixdq4j.bench.step.RandomCalls;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.network.CheckpointNames;
import org.mixdq4j.core.network.NetworkShape;
import org.mixdq4j.core.progress.Progress;
import org.mixdq4j.core.quant.ActivationQuant;
import org.mixdq4j.core.quant.LayerQuant;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.quant.ScaleSearch;
import org.mixdq4j.core.quant.WeightQuant;
import org.mixdq4j.core.quantize.LayerForms;
import org.mixdq4j.core.quantize.LayerQuantizer;
import org.mixdq4j.core.quantize.WeightRounder;
import org.mixdq4j.core.quantize.range.RangeChooser;
import org.mixdq4j.core.quantize.range.RangeMethod;
import org.mixdq4j.core.quantize.statistics.StatisticsKey;
import org.mixdq4j.core.safetensors.SafetensorsFolder;
import org.mixdq4j.core.tensor.WeightSource;
import org.mixdq4j.export.onnx.OnnxExport;
import org.mixdq4j.export.onnx.OnnxOptions;
import org.mixdq4j.export.onnx.QuantForm;

/**
 * A component as the ONNX file that ONNX Runtime's CPU kernels run fastest: in float, or static INT8 as its own quantizer makes
 * it: every layer with u8 inputs of one range and s8 weights of a scale for each output channel, and outputs of convolutions
 * quantized too. (Quantized outputs of Linears, QGemm in place of MatMul and the attention that ONNX Runtime has outside of the
 * standard were tried on SDXL's UNet and were no faster.)
 */
public final class PeerModel {
    /** Name of the file in its folder. */
    public static final String FILE = "model.onnx";

    private static final LayerQuant PER_TENSOR =
            new LayerQuant(Optional.of(new WeightQuant(8)), Optional.of(new ActivationQuant(8)), List.of(), false);

    private PeerModel() {}

    /** Writes the network in float. */
    public static void writeFloat(Component component, NetworkShape shape, Path folder, Progress progress) {
        Graph graph = component.graph(shape);
        try (SafetensorsFolder files = SafetensorsFolder.open(component.folder())) {
            OnnxExport.write(
                    folder.resolve(FILE),
                    graph,
                    CheckpointNames.adapt(files, graph),
                    QuantizedLayers.NONE,
                    OnnxOptions.of(QuantForm.QDQ),
                    Map.of(),
                    progress);
        }
    }

    /** Writes the network in static INT8, with ranges of {@code calls} random calls of a smaller shape. */
    public static void writeInt8(
            Component component, NetworkShape shape, NetworkShape small, int calls, Path folder, Progress progress) {
        Graph graph = component.graph(shape);
        Set<StatisticsKey> keys = new LinkedHashSet<>();
        graph.layers().forEach(layer -> keys.addAll(LayerForms.keys(layer, PER_TENSOR)));
        Set<String> outputs = graph.layers().stream()
                .filter(layer -> layer.op() instanceof Conv2d)
                .map(Node::id)
                .collect(Collectors.toSet());
        try (SafetensorsFolder files = SafetensorsFolder.open(component.folder())) {
            WeightSource weights = CheckpointNames.adapt(files, graph);
            RandomCalls seen = RandomCalls.run(component, weights, keys, outputs, small, calls, progress);
            LayerQuantizer quantizer = new LayerQuantizer(
                    weights,
                    seen.statistics(),
                    new RangeChooser(RangeMethod.MINMAX, 100),
                    WeightRounder.nearest(ScaleSearch.MAX_ABS));
            Set<String> ids = new LinkedHashSet<>();
            graph.layers().forEach(layer -> ids.add(layer.id()));
            QuantizedLayers layers = QuantizedLayers.of(ids, id -> quantizer.quantize(graph.node(id), PER_TENSOR));
            OnnxOptions options = new OnnxOptions(QuantForm.QDQ, false, seen.outputRanges());
            OnnxExport.write(folder.resolve(FILE), graph, weights, layers, options, Map.of(), progress);
        }
    }
}
