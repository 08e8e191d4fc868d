package org.mixdq4j.cuda.pointwise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mixdq4j.core.graph.op.Activate;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Epilogue;
import org.mixdq4j.core.lower.step.Normalize;
import org.mixdq4j.core.lower.step.Output;
import org.mixdq4j.core.lower.step.Pointwise;
import org.mixdq4j.core.lower.step.Step;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.cuda.Given;
import org.mixdq4j.cuda.OneStep;
import org.mixdq4j.cuda.bind.Family;
import org.mixdq4j.cuda.emulated.EmulatedKernels;
import org.mixdq4j.cuda.norm.SlicedGroupNorms;

/** What twins say nothing of: how threads of a row and of a group share the work. By the kernels' own source. */
class EmulatedRowsTest extends EmulatedKernels {
    private final Given given = new Given(7);

    @ParameterizedTest
    @CsvSource({"1280, 256, wholeRows", "272, 16, wholeRows", "1024, 1024, wholeRowsPlain"})
    void rotatesRunsAsTheirDefinitionDoes(int columns, int size, String entry) {
        View x = given.floats("x", DType.F16, 5, columns);
        float[] values = given.get(x);
        values[columns] = Float.NaN;
        given.set(x, values);
        Output.Levels tokens = Given.tokens(Given.place("to", DType.U8, 5, columns), 0, 8);
        OneStep step = run(
                new Pointwise("step", List.of(x), List.of(), List.of(Given.rotated(given.factored(tokens), size))),
                new Pointwises());
        assertThat(step.planned().get(0).kernel().entry()).isEqualTo(entry);
        assertThat(step.found().get("to").buffer())
                .isEqualTo(step.wanted().get("to").buffer());
        assertThat(step.error("to scales")).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 4})
    void normalizesGroupsInOneLaunchAndInTwo(int samples) {
        given.weight("norm.weight", DType.F32, 96).weight("norm.bias", DType.F32, 96);
        List<View> parts = List.of(
                given.floats("a", DType.F16, samples, 13, 7, 64), given.floats("b", DType.F16, samples, 13, 7, 32));
        Output floats = new Output.Floats(Given.place("to", DType.F16, samples, 13, 7, 96));
        OneStep step = run(
                new Normalize(
                        "norm",
                        new Normalize.Groups(32, 1e-5),
                        Optional.of("norm"),
                        parts,
                        List.of(new Epilogue.Apply(Activate.Function.SILU)),
                        List.of(floats)),
                new SlicedGroupNorms());
        assertThat(step.planned()).hasSize(samples == 1 ? 1 : 2);
        assertThat(step.error("to")).isCloseTo(0, within(1e-3));
    }

    @Test
    void normalizesRowsOfABlock() {
        given.weight("norm.weight", DType.F32, 2080).weight("norm.bias", DType.F32, 2080);
        View x = given.floats("x", DType.F16, 3, 2080);
        Normalize step = new Normalize(
                "norm",
                new Normalize.Rows(1e-5),
                Optional.of("norm"),
                List.of(x),
                List.of(),
                List.of(new Output.Floats(Given.place("to", DType.F32, 3, 2080))));
        assertThat(run(step, new Pointwises()).error("to")).isCloseTo(0, within(2e-6));
    }

    private OneStep run(Step step, Family family) {
        return given.run(step, device, family);
    }
}
