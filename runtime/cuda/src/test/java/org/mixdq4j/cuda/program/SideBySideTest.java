package org.mixdq4j.cuda.program;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.DoubleSupplier;
import org.junit.jupiter.api.Test;
import org.mixdq4j.conformance.support.MemoryWeights;
import org.mixdq4j.conformance.support.RandomLayers;
import org.mixdq4j.conformance.support.SmallNet;
import org.mixdq4j.core.exec.Arithmetic;
import org.mixdq4j.core.exec.Executor;
import org.mixdq4j.core.exec.FloatType;
import org.mixdq4j.core.exec.Network;
import org.mixdq4j.core.exec.Numerics;
import org.mixdq4j.core.exec.Session;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.cuda.OneStep;
import org.mixdq4j.cuda.device.Arguments;
import org.mixdq4j.cuda.device.host.HostDevice;
import org.mixdq4j.cuda.device.host.Twin;

/** What is beside itself is the same; a step that is off, or not the same twice, is seen. */
class SideBySideTest {
    private static SideBySide run(FloatType floats, Map<String, Twin> twins) {
        Graph graph = SmallNet.graph();
        RandomLayers random = new RandomLayers(4);
        Map<String, QuantizedLayer> layers = new LinkedHashMap<>();
        for (Node node : graph.layers()) {
            layers.put(node.id(), random.integer(node.layer(), 8));
        }
        MemoryWeights weights = MemoryWeights.randomFor(graph, 2);
        QuantizedLayers quantized = QuantizedLayers.of(layers);
        try (Executor right = new CudaExecutor(new HostDevice(OneStep.HOPPER, Families.twins()));
                Executor other = new CudaExecutor(new HostDevice(OneStep.HOPPER, twins));
                Network first = right.compile(graph, weights, quantized, Numerics.INTEGER);
                Network second = other.compile(graph, weights, quantized, new Numerics(floats, Arithmetic.INTEGER));
                Session wanted = first.session();
                Session found = second.session()) {
            SmallNet.inputs(3).forEach((name, value) -> {
                wanted.set(name, value);
                found.set(name, value);
            });
            return SideBySide.run(wanted, found);
        }
    }

    /** Products by plain kernels after which the first number of what they wrote is another. */
    private static Map<String, Twin> spoiled(DoubleSupplier number) {
        Map<String, Twin> twins = new HashMap<>(Families.twins());
        Twin right = twins.get("plainProduct");
        twins.put("plainProduct", (memory, kernel, geometry, parameters) -> {
            right.run(memory, kernel, geometry, parameters);
            memory.setF32(((Arguments) parameters.get(0)).pointer("finish.sink[0].at"), (float) number.getAsDouble());
        });
        return twins;
    }

    @Test
    void theSameIsTheSame() {
        SideBySide found = run(FloatType.F32, Families.twins());
        assertThat(found.sqnr()).isInfinite();
        assertThat(found.levels()).isPositive();
        assertThat(found.differing()).isZero();
        assertThat(found.repeats()).isTrue();
    }

    @Test
    void halvesAreNear() {
        SideBySide found = run(FloatType.F16, Families.twins());
        assertThat(found.sqnr()).isGreaterThan(45);
        assertThat(found.furthest()).isLessThanOrEqualTo(1);
    }

    @Test
    void oneWrongNumberIsSeen() {
        assertThat(run(FloatType.F32, spoiled(() -> 50))).matches(found -> found.sqnr() < 45 || found.furthest() > 1);
    }

    @Test
    void otherBitsTheSecondTimeAreSeen() {
        double[] number = {0};
        assertThat(run(FloatType.F32, spoiled(() -> number[0]++)).repeats()).isFalse();
    }
}
