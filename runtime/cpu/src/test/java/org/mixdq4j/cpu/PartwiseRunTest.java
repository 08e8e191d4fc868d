package org.mixdq4j.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mixdq4j.core.exec.Network;
import org.mixdq4j.core.exec.Numerics;
import org.mixdq4j.core.exec.PartwiseRun;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.network.CheckpointNames;
import org.mixdq4j.core.network.NetworkShape;
import org.mixdq4j.core.network.Networks;
import org.mixdq4j.core.quant.LayerQuant;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.quant.ScaleSearch;
import org.mixdq4j.core.quant.WeightQuant;
import org.mixdq4j.core.quantize.LayerQuantizer;
import org.mixdq4j.core.quantize.WeightRounder;
import org.mixdq4j.core.quantize.range.RangeChooser;
import org.mixdq4j.core.quantize.range.RangeMethod;
import org.mixdq4j.core.quantize.statistics.ActivationStatistics;
import org.mixdq4j.core.safetensors.SafetensorsFolder;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;
import org.mixdq4j.cpu.program.ProgramExecutor;

/** Text encoders computed part by part give the bits they give with all parts in memory, in float and with integer weights. */
class PartwiseRunTest {
    private static final Path MODEL = Path.of(System.getProperty("mixdq.root"), "util_files/models/tiny-sd3");

    @ParameterizedTest(name = "{0}, {1} parameters at a time, integer weights: {2}")
    @CsvSource({
        "text_encoder_3, 1, false",
        "text_encoder_3, 100000, false",
        "text_encoder_3, 100000, true",
        "text_encoder_3, 100000000, false",
        "text_encoder, 70000, false",
        "text_encoder_2, 70000, true"
    })
    void givesTheSameBits(String component, long elements, boolean integers) {
        Graph graph = Networks.build(
                Json.read(MODEL.resolve(component).resolve("config.json")), new NetworkShape(1, 0, 0, 77));
        Set<String> wanted = graph.outputs().keySet();
        List<Map<String, Tensor>> calls = List.of(call(graph, 5), call(graph, 90));
        try (ProgramExecutor executor = new ProgramExecutor();
                SafetensorsFolder file = SafetensorsFolder.open(MODEL.resolve(component))) {
            WeightSource weights = CheckpointNames.adapt(file, graph);
            QuantizedLayers layers = integers ? integers(graph, weights) : QuantizedLayers.NONE;
            PartwiseRun parts = new PartwiseRun(executor, graph, elements);
            List<Long> held = new ArrayList<>();
            List<Map<String, Tensor>> found =
                    parts.run(weights, layers, Numerics.INTEGER, calls, wanted, (part, of, bytes) -> {
                        held.add(bytes);
                        assertThat(part).isEqualTo(held.size()).isLessThanOrEqualTo(of);
                    });
            try (Network whole = parts.keep(weights, layers, Numerics.INTEGER)) {
                for (int i = 0; i < calls.size(); i++) {
                    Map<String, Tensor> expected = whole.run(calls.get(i), wanted);
                    assertThat(found.get(i)).containsOnlyKeys(wanted);
                    for (String name : wanted) {
                        assertThat(found.get(i).get(name).toFloatArray())
                                .as(name)
                                .isEqualTo(expected.get(name).toFloatArray());
                    }
                }
                long largest = held.stream().mapToLong(Long::longValue).max().orElseThrow();
                if (elements < 1_000_000) {
                    assertThat(held).hasSizeGreaterThan(3);
                    assertThat(largest).isLessThan(whole.weightBytes() / 2);
                }
            }
        }
    }

    private static Map<String, Tensor> call(Graph graph, int first) {
        Shape shape = graph.shape("input_ids");
        long[] ids = new long[(int) shape.elements()];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = (first + 7L * i) % 470;
        }
        return Map.of("input_ids", Tensor.ofLongs(shape, ids));
    }

    private static QuantizedLayers integers(Graph graph, WeightSource weights) {
        LayerQuantizer quantizer = new LayerQuantizer(
                weights,
                new ActivationStatistics(Map.of()),
                new RangeChooser(RangeMethod.MINMAX, 100),
                WeightRounder.nearest(ScaleSearch.MAX_ABS));
        LayerQuant quant = new LayerQuant(Optional.of(new WeightQuant(8)), Optional.empty(), List.of(), false);
        Map<String, QuantizedLayer> layers = new LinkedHashMap<>();
        for (Node layer : graph.layers()) {
            layers.put(layer.id(), quantizer.quantize(layer, quant));
        }
        return QuantizedLayers.of(layers);
    }
}
