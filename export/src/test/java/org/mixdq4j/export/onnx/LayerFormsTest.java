package org.mixdq4j.export.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mixdq4j.core.exec.Executor;
import org.mixdq4j.core.exec.Executors;
import org.mixdq4j.core.exec.Instrumented;
import org.mixdq4j.core.exec.InstrumentedExecutor;
import org.mixdq4j.core.exec.Network;
import org.mixdq4j.core.exec.Numerics;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.GraphBuilder;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.op.Concat;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.progress.Progress;
import org.mixdq4j.core.quant.InputQuant;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.quant.Rotation;
import org.mixdq4j.core.quant.TokenParams;
import org.mixdq4j.core.quant.WeightQuant;
import org.mixdq4j.core.random.TorchRandom;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;

/** Every form of a quantized layer gives in ONNX Runtime what the executor's integers give. */
class LayerFormsTest {
    /** Rotated numbers differ in their last bits, which may move one of them to the next integer. */
    private static final double ROTATED = 2e-3;

    private static InstrumentedExecutor executor;
    private static Executor cpu;

    @TempDir
    Path dir;

    @BeforeAll
    static void open() {
        executor = Executors.instrumented();
        cpu = Executors.named("cpu");
    }

    @AfterAll
    static void close() {
        cpu.close();
        executor.close();
    }

    @ParameterizedTest
    @CsvSource({
        // weight bits, group, input (bits of one range, or token), cuts, first token, balanced
        "8, 0, 8, '', false, false",
        "8, 0, 6, '', false, false",
        "8, 0, 8, 32, false, false",
        "8, 0, 8, 20, false, false",
        "8, 0, 8, '', true, false",
        "8, 0, 8, 32, true, true",
        "8, 0, 8, '', false, true",
        "4, 16, 8, '', false, false",
        "4, 0, 8, '', false, false",
        "8, 0, token, '', false, false",
        "4, 16, token, 32, false, true",
        "8, 0, token, '', true, false",
        "8, 0, float, '', false, false",
        "4, 0, float, '', false, false",
        "4, 16, float, '', false, false",
        "3, 0, float, '', false, false",
        "4, 16, float, 32, false, false"
    })
    void linearsAgree(int bits, int group, String input, String cuts, boolean first, boolean balanced) {
        GraphBuilder builder = new GraphBuilder("linear");
        GraphBuilder.Value a = builder.input("a", DType.F32, Shape.of(1, 9, 32));
        GraphBuilder.Value b = builder.input("b", DType.F32, Shape.of(1, 9, 18));
        GraphBuilder.Value joined = builder.add("joined", new Concat(2), a, b);
        builder.output("y", builder.add("layer", new Linear(50, 37, true), joined));
        agree(builder.build(), Shape.of(37, 50), bits, group, input, cuts, first, balanced, Rotation.NONE);
    }

    @ParameterizedTest
    @CsvSource({
        "8, token, '', false, false, 16",
        "8, token, 32, false, true, 16",
        "4, token, 16, true, false, 16",
        "8, token, '', false, false, 4",
        "8, 8, '', false, false, 16",
        "8, float, '', false, true, 16"
    })
    void rotatedLinearsAgree(int bits, String input, String cuts, boolean first, boolean balanced, int rotation) {
        GraphBuilder builder = new GraphBuilder("linear");
        GraphBuilder.Value a = builder.input("a", DType.F32, Shape.of(1, 9, 32));
        GraphBuilder.Value b = builder.input("b", DType.F32, Shape.of(1, 9, 16));
        GraphBuilder.Value joined = builder.add("joined", new Concat(2), a, b);
        builder.output("y", builder.add("layer", new Linear(48, 37, true), joined));
        agree(builder.build(), Shape.of(37, 48), bits, 0, input, cuts, first, balanced, rotation);
    }

    @ParameterizedTest
    @CsvSource({
        "8, 0, 8, ''",
        "8, 0, 8, 16",
        "8, 0, 8, 10",
        "4, 16, 8, ''",
        "4, 16, 7, 16",
        "8, 0, float, ''",
        "4, 0, float, ''",
        "4, 16, float, 16"
    })
    void convolutionsAgree(int bits, int group, String input, String cuts) {
        GraphBuilder builder = new GraphBuilder("convolution");
        GraphBuilder.Value a = builder.input("a", DType.F32, Shape.of(1, 16, 9, 7));
        GraphBuilder.Value b = builder.input("b", DType.F32, Shape.of(1, 8, 9, 7));
        GraphBuilder.Value joined = builder.add("joined", new Concat(1), a, b);
        Conv2d.Padding odd = new Conv2d.Padding(0, 1, 1, 2);
        builder.output("y", builder.add("layer", new Conv2d(24, 11, 3, 3, 2, odd, true), joined));
        agree(builder.build(), Shape.of(11, 24, 3, 3), bits, group, input, cuts, false, false, Rotation.NONE);
    }

    private void agree(
            Graph graph,
            Shape weight,
            int bits,
            int group,
            String input,
            String cuts,
            boolean first,
            boolean balanced,
            int rotation) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        tensors.put("layer.weight", normal(weight, 1));
        tensors.put("layer.bias", normal(Shape.of(weight.dim(0)), 2));
        WeightSource weights = WeightSource.of(tensors);
        Map<String, Tensor> inputs = RandomInputs.of(graph, 5);
        Node node = graph.node("layer");
        QuantizedForms forms;
        try (Instrumented model = executor.compile(graph, weights)) {
            forms = new QuantizedForms(graph, weights, model, inputs);
        }
        Optional<InputQuant> quant =
                switch (input) {
                    case "float" -> Optional.empty();
                    case "token" -> Optional.of(new TokenParams(8));
                    default -> Optional.of(forms.range("joined", Integer.parseInt(input)));
                };
        List<Integer> at = cuts.isEmpty() ? List.of() : List.of(Integer.parseInt(cuts));
        QuantizedLayer layer = forms.layer(node, new WeightQuant(bits, group), quant, at, balanced);
        if (first) {
            layer = QuantizedForms.withFirstToken(layer);
        }
        if (rotation != Rotation.NONE) {
            // The weights are not the float model's then, which matters to neither side.
            layer = new QuantizedLayer(layer.segments(), layer.bias(), layer.bos(), layer.inputMultiplier(), rotation);
        }
        QuantizedLayers layers = QuantizedLayers.of(Map.of("layer", layer));
        Tensor ours;
        try (Network model = cpu.compile(graph, weights, layers, Numerics.INTEGER)) {
            ours = model.run(inputs).get("y");
        }
        for (QuantForm form : QuantForm.values()) {
            Path file = dir.resolve(form + ".onnx");
            OnnxExport.write(file, graph, weights, layers, OnnxOptions.of(form), Map.of(), Progress.SILENT);
            Tensor theirs = OrtRun.run(file, inputs).get("y");
            boolean rounds = quant.isPresent() && form == QuantForm.TENSORRT;
            assertThat(FloatExportTest.difference(ours, theirs))
                    .as("%s", form)
                    .isLessThan(rounds ? 0.05 : rotation != Rotation.NONE ? ROTATED : 2e-6);
        }
    }

    static Tensor normal(Shape shape, long seed) {
        return Tensor.of(shape, new TorchRandom(seed).normal(Math.toIntExact(shape.elements())));
    }
}
