package org.mixdq4j.cpu.layerwise;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.mixdq4j.conformance.support.Compare;
import org.mixdq4j.conformance.support.MemoryWeights;
import org.mixdq4j.conformance.support.RandomLayers;
import org.mixdq4j.core.exec.Network;
import org.mixdq4j.core.exec.Numerics;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.GraphBuilder;
import org.mixdq4j.core.graph.GraphBuilder.Value;
import org.mixdq4j.core.graph.op.Concat;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/** Integer execution agrees with its simulation, layer by layer. */
class Int8ExecutionTest {
    private static final Shape IMAGE = Shape.of(2, 6, 9, 7);
    private static final Shape TEXT = Shape.of(2, 5, 33);
    private static final Conv2d SPLIT = new Conv2d(12, 10, 3, 3, 1, Conv2d.Padding.same(1), true);
    private static final Conv2d PADDED = new Conv2d(6, 10, 3, 3, 2, new Conv2d.Padding(0, 1, 0, 1), false);
    private static final Conv2d POINT = new Conv2d(6, 4, 1, 1, 1, Conv2d.Padding.same(0), true);
    private static final Linear LINEAR = new Linear(33, 17, true);
    private static final Linear BOS = new Linear(33, 20, false);
    private final LayerwiseExecutor executor = new LayerwiseExecutor();
    private final Graph graph = graph();
    private final QuantizedLayers layers = layers();
    private final Map<String, Tensor> inputs = inputs();

    @AfterEach
    void close() {
        executor.close();
    }

    @Test
    void agreesWithSimulation() {
        Network int8 = compile(Numerics.INTEGER);
        Map<String, Tensor> simulated = compile(Numerics.SIMULATED).run(inputs);
        Map<String, Tensor> integer = int8.run(inputs);
        simulated.forEach((name, reference) ->
                assertThat(Compare.sqnr(integer.get(name), reference)).as(name).isGreaterThan(130));
        // Not the same code by another name: integers went through oneDNN.
        assertThat(executor.description()).contains("oneDNN 3.");
    }

    @Test
    void isTheSameEachTimeAndFreesWhatItMakes() {
        Network model = compile(Numerics.INTEGER);
        Map<String, Tensor> first = model.run(inputs);
        int open = executor.openArrays();
        for (int i = 0; i < 20; i++) {
            model.run(inputs).forEach((name, value) -> assertThat(value.toFloatArray())
                    .as(name)
                    .isEqualTo(first.get(name).toFloatArray()));
        }
        assertThat(executor.openArrays()).isEqualTo(open);
        model.close();
        assertThat(executor.openArrays()).isZero();
    }

    private Network compile(Numerics numerics) {
        return executor.compile(graph, new MemoryWeights(), layers, numerics);
    }

    private static Graph graph() {
        GraphBuilder b = new GraphBuilder("Layers");
        Value x = b.input("x", DType.F32, IMAGE);
        Value y = b.input("y", DType.F32, IMAGE);
        Value text = b.input("text", DType.F32, TEXT);
        Map<String, Value> outputs = new HashMap<>();
        outputs.put("split", b.add("split", SPLIT, b.add("joined", new Concat(1), x, y)));
        outputs.put("padded", b.add("padded", PADDED, x));
        outputs.put("point", b.add("point", POINT, x));
        outputs.put("linear", b.add("linear", LINEAR, text));
        outputs.put("bos", b.add("bos", BOS, text));
        outputs.forEach(b::output);
        return b.build();
    }

    private static QuantizedLayers layers() {
        RandomLayers make = new RandomLayers(41);
        return QuantizedLayers.of(Map.of(
                "split", make.integer(SPLIT, 8, 6),
                "padded", make.integer(PADDED, 8),
                "point", make.integer(POINT, 8),
                "linear", make.integer(LINEAR, 8),
                "bos", make.firstRow(BOS, 8)));
    }

    private static Map<String, Tensor> inputs() {
        Random random = new Random(42);
        Map<String, Tensor> inputs = new HashMap<>();
        for (String name : List.of("x", "y")) {
            inputs.put(name, MemoryWeights.random(IMAGE, random));
        }
        inputs.put("text", MemoryWeights.random(TEXT, random));
        return inputs;
    }
}
