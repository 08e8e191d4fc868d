package org.mixdq4j.core.lower.interpret;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.lower.Lowering;
import org.mixdq4j.core.lower.Program;
import org.mixdq4j.core.lower.Targets;
import org.mixdq4j.core.parity.ParityCheck;
import org.mixdq4j.core.parity.ParityResult;
import org.mixdq4j.core.parity.RecordedNetwork;
import org.mixdq4j.core.tensor.Tensor;

/** Lowered networks compute what diffusers and transformers do, fused or not. */
class RecordedProgramsTest {
    private static final double TOLERANCE = 1e-4;

    static List<String> networks() {
        return RecordedNetwork.all();
    }

    @ParameterizedTest
    @MethodSource("networks")
    void equalTheOriginal(String name) {
        try (RecordedNetwork network = RecordedNetwork.open(name)) {
            for (Graph graph : network.graphs()) {
                Map<String, Tensor> expected = network.outputs(graph);
                assertThat(expected).isNotEmpty();
                for (Targets target : Targets.values()) {
                    Program program = Lowering.lower(graph, id -> Optional.empty(), Set.of(), target);
                    Map<String, Tensor> outputs =
                            Interpreter.run(program, network.weights(graph), id -> null, network.inputs(graph));
                    expected.forEach((output, tensor) -> {
                        ParityResult result = ParityCheck.compare(output, tensor, outputs.get(output));
                        assertThat(result.relative())
                                .as(name + " " + output + " " + target)
                                .isLessThan(TOLERANCE);
                    });
                }
            }
        }
    }
}
