package org.mixdq4j.cuda.plain;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mixdq4j.core.graph.op.RelativeBias;
import org.mixdq4j.core.lower.Value;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Load;
import org.mixdq4j.core.lower.step.Move;
import org.mixdq4j.core.lower.step.Other;
import org.mixdq4j.core.lower.step.Step;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.cuda.Given;
import org.mixdq4j.cuda.OneStep;

class MovesTest {
    private final Given given = new Given(1);

    @ParameterizedTest
    @EnumSource(
            value = DType.class,
            names = {"U8", "F16", "F32", "I64"})
    void transposesElementsOfEverySize(DType type) {
        View from = given.bits("from", type, 2, 5, 7, 3).transpose(List.of(0, 2, 3, 1));
        assertSame(new Move("move", from, Given.place("to", type, 2, 7, 3, 5)));
    }

    @Test
    void movesSixAxesOfWhichNoTwoLieLikeOne() {
        View from = given.bits("from", DType.U8, 2, 3, 2, 3, 2, 3).transpose(List.of(5, 3, 1, 4, 2, 0));
        OneStep step = assertSame(new Move("move", from, Given.place("to", DType.U8, 3, 3, 3, 2, 2, 2)));
        assertThat(step.planned().get(0).kernel().number("RANK")).isEqualTo(6);
    }

    @Test
    void enlargesBytesSixteenAtOnce() {
        View from = given.bits("from", DType.U8, 2, 3, 5, 32);
        View repeated =
                new View(from.value(), Shape.of(2, 3, 2, 5, 2, 32), 0, List.of(3L * 5 * 32, 5L * 32, 0L, 32L, 0L, 1L));
        View to = Given.place("to", DType.U8, 2, 6, 10, 32);
        OneStep step = assertSame(
                new Move("move", repeated, to.reshape(repeated.shape()).orElseThrow()));
        assertThat(step.planned().get(0).kernel().number("UNIT_BYTES")).isEqualTo(16);
    }

    @Test
    void copiesADenseBlockAsOneAxis() {
        View from = given.bits("from", DType.F16, 4, 6, 8);
        OneStep step = assertSame(new Move("move", from.slice(0, 1, 3), Given.place("to", DType.F16, 2, 6, 8)));
        assertThat(step.planned().get(0).kernel().number("RANK")).isEqualTo(1);
        assertThat(step.planned().get(0).kernel().number("UNIT_BYTES")).isEqualTo(16);
    }

    @Test
    void takesTheUnitThatOffsetsAndStridesAllow() {
        View from = given.bits("from", DType.F16, 6, 34).slice(1, 2, 18);
        OneStep step = assertSame(new Move("move", from, Given.placeAt("to", DType.F16, 0, 20, 6, 16)));
        assertThat(step.planned().get(0).kernel().number("UNIT_BYTES")).isEqualTo(4);
    }

    @Test
    void copiesWhatBeginsAtAnOddElementOneByOne() {
        View from = given.bits("from", DType.F16, 6, 34).slice(1, 1, 18);
        OneStep step = assertSame(new Move("move", from, Given.place("to", DType.F16, 6, 17)));
        assertThat(step.planned().get(0).kernel().number("UNIT_BYTES")).isEqualTo(2);
    }

    @Test
    void movesOneElement() {
        View from = given.bits("from", DType.F32, 3, 3).slice(0, 1, 2).slice(1, 2, 3);
        assertSame(new Move("move", from, Given.place("to", DType.F32, 1, 1)));
    }

    @ParameterizedTest
    @EnumSource(
            value = DType.class,
            names = {"F32", "F16", "BF16"})
    void loadsPartOfAParameterAsFloatsOfAnyType(DType type) {
        given.weight("positions", DType.F16, 1, 9, 6);
        View stored = View.of(new Value("positions", Shape.of(1, 9, 6), DType.F32));
        View seen = stored.slice(1, 2, 7).transpose(List.of(0, 2, 1));
        assertSame(new Load("load", "positions", seen, Given.place("to", type, 1, 6, 5)));
    }

    @ParameterizedTest
    @EnumSource(
            value = DType.class,
            names = {"F32", "F16", "BF16"})
    void readsT5sBiasByDistance(DType type) {
        given.weight("bias.weight", DType.F32, 32, 5);
        View to = Given.place("to", type, 1, 5, 37, 37);
        assertSame(new Other("bias", "bias", new RelativeBias(5, 37, 32, 128), List.of(), to));
    }

    private OneStep assertSame(Step step) {
        OneStep done = given.run(step, OneStep.HOPPER, new Moves());
        assertThat(done.found().get("to").buffer())
                .isEqualTo(done.wanted().get("to").buffer());
        return done;
    }
}
