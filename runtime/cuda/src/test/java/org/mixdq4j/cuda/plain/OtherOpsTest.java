package org.mixdq4j.cuda.plain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mixdq4j.core.graph.op.Embedding;
import org.mixdq4j.core.graph.op.MatMul;
import org.mixdq4j.core.graph.op.Op;
import org.mixdq4j.core.graph.op.PoolToken;
import org.mixdq4j.core.graph.op.TimestepEmbedding;
import org.mixdq4j.core.graph.op.UpsampleNearest;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Other;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.cuda.Given;
import org.mixdq4j.cuda.OneStep;

class OtherOpsTest {
    private final Given given = new Given(2);

    @ParameterizedTest
    @CsvSource({"I64, F32", "I32, F16", "U8, BF16"})
    void readsRowsOfATable(DType ids, DType floats) {
        given.weight("tokens.weight", DType.F16, 40, 37);
        OneStep step = run(new Embedding(40, 37), given.ids("ids", ids, 40, 3, 7), Given.place("to", floats, 3, 7, 37));
        assertThat(step.error("to")).isZero();
    }

    @ParameterizedTest
    @CsvSource({"F32, 64, true, 0", "F16, 64, false, 1", "BF16, 7, true, 0"})
    void makesSinusoidsOfTimesteps(DType floats, int features, boolean flip, double shift) {
        View times = given.floats("times", DType.F32, 3);
        given.set(times, 999, 0, 17.25f);
        View to = Given.place("to", floats, 3, features);
        OneStep step = run(new TimestepEmbedding(features, flip, shift, 10_000), times, to);
        assertThat(step.error("to")).isZero();
    }

    @ParameterizedTest
    @CsvSource({"I64, -1, F32", "I32, 3, F16", "I64, 99, BF16"})
    void choosesAToken(DType ids, int eos, DType floats) {
        View hidden = given.floats("hidden", floats, 4, 9, 21);
        OneStep step =
                run(new PoolToken(eos), hidden, given.ids("ids", ids, 5, 4, 9), Given.place("to", floats, 4, 21));
        assertThat(step.error("to")).isZero();
    }

    @Test
    void multipliesMatrices() {
        View a = given.floats("a", DType.F32, 5, 67);
        View b = given.floats("b", DType.F16, 9, 67);
        OneStep step = run(new MatMul(), a, b, Given.place("to", DType.F32, 5, 9));
        assertThat(step.error("to")).isCloseTo(0, within(1e-6));
    }

    @ParameterizedTest
    @CsvSource({"U8", "F16", "F32"})
    void enlargesByAnyFactors(DType type) {
        View from = given.bits("from", type, 2, 3, 5, 7);
        OneStep step = run(new UpsampleNearest(7, 8), from, Given.place("to", type, 2, 7, 8, 7));
        assertThat(step.found().get("to").buffer())
                .isEqualTo(step.wanted().get("to").buffer());
    }

    private OneStep run(Op op, View... views) {
        List<View> inputs = List.of(views).subList(0, views.length - 1);
        Other step = new Other("other", "tokens", op, inputs, views[views.length - 1]);
        return given.run(step, OneStep.AMPERE, new OtherOps());
    }
}
