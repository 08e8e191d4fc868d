package org.mixdq4j.cuda.norm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mixdq4j.core.graph.op.Activate;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Epilogue;
import org.mixdq4j.core.lower.step.Normalize;
import org.mixdq4j.core.lower.step.Output;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.cuda.Given;
import org.mixdq4j.cuda.OneStep;

class GroupNormsTest {
    private final Given given = new Given(4);

    @ParameterizedTest
    @CsvSource({"F32, 30, 5, 0", "F16, 32, 8, 1", "BF16, 12, 3, 2", "F16, 64, 2, 0"})
    void normalizesGroupsOfEverySample(DType type, int channels, int groups, int offset) {
        View x = given.floatsAt("x", type, offset, channels + offset, 3, 5, 7, channels);
        float[] values = given.get(x);
        int sample = 35 * (channels + offset);
        for (int i = 0; i < sample; i++) {
            values[i] += 30;
            values[sample + i] = 1.5f;
        }
        values[2 * sample + offset] = Float.NaN;
        given.set(x, values);
        OneStep step =
                run(List.of(x), groups, channels, new Output.Floats(Given.place("to", DType.F32, 3, 5, 7, channels)));
        assertThat(step.error("to")).isCloseTo(0, within(2e-6));
    }

    @Test
    void normalizesWhatIsJoinedAndWritesItThreeTimes() {
        List<View> parts =
                List.of(given.floats("a", DType.F16, 2, 4, 4, 20), given.floatsAt("b", DType.F32, 4, 20, 2, 4, 4, 12));
        OneStep step = run(
                parts,
                4,
                32,
                new Output.Floats(Given.place("to", DType.F16, 2, 4, 4, 32)),
                Given.levels(Given.place("levels", DType.U8, 2, 4, 4, 20), 12, .02f),
                Given.tokens(Given.place("tokens", DType.U8, 2, 4, 4, 32), 0, 8));
        assertThat(step.error("to")).isCloseTo(0, within(1e-3));
        assertThat(step.error("tokens scales")).isCloseTo(0, within(2e-6));
        assertSameBytes(step, "levels");
        assertSameBytes(step, "tokens");
    }

    private OneStep run(List<View> parts, int groups, int channels, Output... outputs) {
        given.weight("norm.weight", DType.F32, channels).weight("norm.bias", DType.F32, channels);
        List<Epilogue> then = List.of(new Epilogue.Apply(Activate.Function.SILU));
        Normalize.Kind kind = new Normalize.Groups(groups, 1e-5);
        Normalize step = new Normalize("norm", kind, Optional.of("norm"), parts, then, List.of(outputs));
        return given.run(step, OneStep.HOPPER, new GroupNorms());
    }

    private static void assertSameBytes(OneStep step, String value) {
        assertThat(step.found().get(value).buffer())
                .as(value)
                .isEqualTo(step.wanted().get(value).buffer());
    }
}
