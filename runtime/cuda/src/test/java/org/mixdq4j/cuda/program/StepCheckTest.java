package org.mixdq4j.cuda.program;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.mixdq4j.core.graph.op.Attention;
import org.mixdq4j.core.lower.Value;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Attend;
import org.mixdq4j.core.lower.step.Move;
import org.mixdq4j.core.lower.step.Output;
import org.mixdq4j.core.lower.step.Step;
import org.mixdq4j.core.lower.weights.StoredLayers;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.cuda.OneStep;
import org.mixdq4j.cuda.device.Arguments;
import org.mixdq4j.cuda.device.host.HostDevice;
import org.mixdq4j.cuda.device.host.Twin;

/** A device that does what twins do passes; one that is off, or leaves something out, does not. */
class StepCheckTest {
    private static final Value FROM = new Value("from", Shape.of(1, 5, 16), DType.F16);
    private static final Step ATTEND = new Attend(
            "attend",
            new Attention(2, 0.3, false),
            View.of(FROM),
            View.of(FROM),
            View.of(FROM),
            Optional.empty(),
            List.of(new Output.Floats(View.of(new Value("to", FROM.shape(), DType.F16)))));

    private static List<StepCheck> run(Step step, Map<String, Twin> twins) {
        try (HostDevice device = new HostDevice(OneStep.HOPPER, twins)) {
            List<StepCheck> checks = StepCheck.run(step, new StoredLayers(null, QuantizedLayers.NONE), device, 3);
            assertThat(device.blocks()).as("memory that was not freed").isZero();
            return checks;
        }
    }

    /** Twins of which one writes something else afterwards. */
    private static Map<String, Twin> spoiled(String entry, float number) {
        Map<String, Twin> twins = new HashMap<>(Families.twins());
        Twin right = twins.get(entry);
        twins.put(entry, (memory, kernel, geometry, parameters) -> {
            right.run(memory, kernel, geometry, parameters);
            memory.setF16(((Arguments) parameters.get(0)).pointer("finish.sink[0].at"), number);
        });
        return twins;
    }

    @Test
    void whatTwinsDoIsRight() {
        for (StepCheck check : run(ATTEND, Families.twins())) {
            assertThat(check.passed()).as(check.toString()).isTrue();
            assertThat(check.differing()).isZero();
            assertThat(check.kernels()).containsExactly("attention");
        }
        Value to = new Value("to", FROM.shape(), DType.F16);
        List<StepCheck> moved = run(new Move("move", View.of(FROM), View.of(to)), Families.twins());
        assertThat(moved).hasSize(1).allMatch(check -> check.exact() && check.passed());
    }

    @Test
    void oneWrongNumberIsSeen() {
        assertThat(run(ATTEND, spoiled("attention", 5))).noneMatch(StepCheck::passed);
        assertThat(run(ATTEND, spoiled("attention", Float.NaN))).noneMatch(StepCheck::passed);
    }

    @Test
    void whatIsNotWrittenIsSeen() {
        Map<String, Twin> twins = new HashMap<>(Families.twins());
        twins.put("attention", (memory, kernel, geometry, parameters) -> {});
        assertThat(run(ATTEND, twins)).noneMatch(StepCheck::passed);
    }
}
