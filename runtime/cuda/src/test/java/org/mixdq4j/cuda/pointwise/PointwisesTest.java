package org.mixdq4j.cuda.pointwise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mixdq4j.core.graph.op.Activate;
import org.mixdq4j.core.graph.op.L2Normalize;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Epilogue;
import org.mixdq4j.core.lower.step.Normalize;
import org.mixdq4j.core.lower.step.Other;
import org.mixdq4j.core.lower.step.Output;
import org.mixdq4j.core.lower.step.Pointwise;
import org.mixdq4j.core.lower.step.Step;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.cuda.Given;
import org.mixdq4j.cuda.OneStep;
import org.mixdq4j.cuda.device.Kernel;

class PointwisesTest {
    private static final double F32 = 2e-6;
    private static final double F16 = 1e-3;
    private static final double BF16 = 8e-3;

    private final Given given = new Given(3);

    @ParameterizedTest
    @CsvSource({"F32, 40", "F16, 40", "BF16, 40", "F16, 37", "F32, 1"})
    void doesEveryFunction(DType type, int columns) {
        for (Activate.Function function : Activate.Function.values()) {
            View x = given.floats("x", type, 2, 5, columns);
            View to = Given.place("to", DType.F32, 2, 5, columns);
            OneStep step = run(pointwise(List.of(x), List.of(new Epilogue.Apply(function)), new Output.Floats(to)));
            assertThat(step.error("to")).as("%s", function).isCloseTo(0, within(F32));
        }
    }

    @ParameterizedTest
    @CsvSource({"48, 8, 64", "48, 3, 55", "13, 0, 13"})
    void doesAllEpiloguesInOrderInRowsThatLieAnywhere(int columns, int offset, int pitch) {
        View x = given.floatsAt("x", DType.F16, offset, pitch, 3, 4, 2, columns);
        List<Epilogue> then = List.of(
                new Epilogue.AddRow(given.floatsAt("a", DType.F16, offset, pitch, 3, 1, 1, columns)),
                new Epilogue.Mul(given.floatsAt("b", DType.BF16, offset, pitch, 3, 4, 2, columns)),
                new Epilogue.Modulate(
                        given.floatsAt("c", DType.F32, offset, pitch, 3, 1, 1, columns),
                        given.floatsAt("d", DType.F16, offset, pitch, 3, 1, 1, columns)),
                new Epilogue.Apply(Activate.Function.SILU),
                new Epilogue.MulRow(given.floatsAt("e", DType.F16, offset, pitch, 3, 1, 1, columns)),
                new Epilogue.Add(given.floatsAt("f", DType.F32, offset, pitch, 3, 4, 2, columns)));
        OneStep step = run(pointwise(
                List.of(x), then, new Output.Floats(Given.placeAt("to", DType.F32, offset, pitch, 3, 4, 2, columns))));
        assertThat(step.error("to")).isCloseTo(0, within(F32));
        assertThat(kernel(step).number("VECTOR"))
                .isEqualTo(columns % 8 == 0 && offset % 8 == 0 && pitch % 8 == 0 ? 8 : 1);
    }

    @Test
    void writesASumOverItsOperand() {
        View x = given.floats("x", DType.F16, 2, 9, 24);
        View sum = given.floats("to", DType.F16, 2, 9, 24);
        OneStep step = run(pointwise(List.of(x), List.of(new Epilogue.Add(sum)), new Output.Floats(sum)));
        assertThat(step.error("to")).isCloseTo(0, within(F16));
    }

    @ParameterizedTest
    @CsvSource({"16, 24, 8", "7, 5, 3"})
    void readsJoinedInputsOfDifferentTypes(int a, int b, int c) {
        List<View> inputs = List.of(
                given.floats("a", DType.F16, 2, 11, a),
                given.floatsAt("b", DType.F32, 0, b + 8, 2, 11, b),
                given.floats("c", DType.BF16, 2, 11, c));
        View to = Given.place("to", DType.BF16, 2, 11, a + b + c);
        View part = Given.place("part", DType.U8, 2, 11, b + c);
        OneStep step = run(pointwise(inputs, List.of(), new Output.Floats(to), Given.levels(part, a, .02f)));
        assertThat(step.error("to")).isCloseTo(0, within(BF16));
        assertSameBytes(step, "part");
    }

    @ParameterizedTest
    @CsvSource({"F16, 64, true", "F32, 22, false", "BF16, 2080, true", "F16, 64, false"})
    void gatesTheFirstHalfByTheSecond(DType type, int columns, boolean token) {
        View x = given.floats("x", type, 3, 5, columns);
        View to = Given.place("to", DType.U8, 3, 5, columns / 2);
        Output.Levels levels = token ? Given.tokens(to, 0, 8) : Given.levels(to, 0, .03f);
        OneStep step = run(pointwise(List.of(x), List.of(new Epilogue.GeGlu()), levels));
        assertSameBytes(step, "to");
    }

    @ParameterizedTest
    @ValueSource(ints = {8, 104, 1032, 1280, 2056, 9, 133, 5000, 13_001, 12_288})
    void quantizesRowsByTheirOwnMagnitudes(int columns) {
        View x = given.floatsAt("x", DType.F16, 0, columns + 8, 7, columns);
        float[] values = given.get(x);
        int pitch = columns + 8;
        values[pitch + columns - 1] = Float.NaN;
        values[2 * pitch] = Float.POSITIVE_INFINITY;
        for (int i = 0; i < columns; i++) {
            values[3 * pitch + i] = 0;
            values[4 * pitch + i] = -3;
        }
        given.set(x, values);
        Output.Levels all = given.factored(Given.tokens(Given.place("to", DType.U8, 7, columns), 0, 8));
        Output.Levels some = Given.tokens(Given.place("some", DType.U8, 7, columns / 8 * 4), columns / 8 * 4, 6);
        OneStep step = run(pointwise(
                List.of(x), List.of(), all, some, new Output.Floats(Given.place("floats", DType.F16, 7, columns))));
        for (String value : List.of("to", "to scales", "some", "some scales", "floats")) {
            assertSameBytes(step, value);
        }
        Kernel kernel = kernel(step);
        boolean vectors = columns / 8 * 4 % 8 == 0 && columns % 8 == 0;
        assertThat(kernel.entry()).isEqualTo(vectors ? "wholeRows" : "wholeRowsPlain");
        assertThat(kernel.number("ROW_THREADS")).isEqualTo(!vectors ? 0 : columns <= 1024 ? 32 : 256);
    }

    @ParameterizedTest
    @CsvSource({"F16, 40", "F32, 40", "BF16, 33"})
    void quantizesByOneScale(DType type, int columns) {
        View x = given.floats("x", type, 5, 3, columns);
        float[] values = given.get(x);
        values[7] = Float.NaN;
        values[8] = Float.NEGATIVE_INFINITY;
        given.set(x, values);
        Output.Levels levels = Given.levels(Given.place("to", DType.U8, 5, 3, columns), 0, .01f);
        OneStep step = run(pointwise(
                List.of(x),
                List.of(),
                levels,
                given.factored(Given.levels(Given.place("other", DType.U8, 5, 3, columns), 0, .02f))));
        assertSameBytes(step, "to");
        assertSameBytes(step, "other");
    }

    @Test
    void takesSeveralVectorsAThreadWhereThereAreMany() {
        View x = given.floats("x", DType.F16, 8, 64 * 64, 70);
        Output output = new Output.Floats(Given.place("to", DType.F16, 8, 64 * 64, 70));
        OneStep step = run(pointwise(List.of(x), List.of(), output));
        assertThat(kernel(step).number("EACH")).isEqualTo(4);
        assertSameBytes(step, "to");
    }

    @ParameterizedTest
    @CsvSource({
        "F16, 40, rows",
        "F32, 40, rows",
        "BF16, 2560, rows",
        "F16, 37, rows",
        "F16, 640, square",
        "F32, 4096, square",
        "BF16, 5, square",
        "F32, 1, rows"
    })
    void normalizesRows(DType type, int columns, String by) {
        boolean rows = by.equals("rows");
        given.weight("norm.weight", DType.F16, columns).weight("norm.bias", DType.F32, columns);
        View x = given.floatsAt("x", type, 0, columns + 8, 2, 3, columns);
        float[] values = given.get(x);
        int pitch = columns + 8;
        for (int i = 0; i < columns; i++) {
            values[pitch + i] = 2.5f;
            values[2 * pitch + i] += 30;
        }
        values[4 * pitch] = Float.NaN;
        given.set(x, values);
        Normalize.Kind kind = rows ? new Normalize.Rows(1e-6) : new Normalize.RootMeanSquare(1e-6);
        Output.Floats floats = new Output.Floats(Given.place("to", DType.F32, 2, 3, columns));
        Output.Levels tokens = Given.tokens(Given.place("tokens", DType.U8, 2, 3, columns), 0, 8);
        OneStep step =
                run(new Normalize("norm", kind, Optional.of("norm"), List.of(x), List.of(), List.of(floats, tokens)));
        assertThat(step.error("to")).isCloseTo(0, within(F32));
        step.requireClose("tokens");
        assertThat(step.error("tokens scales")).isCloseTo(0, within(F32));
    }

    @ParameterizedTest
    @EnumSource(
            value = DType.class,
            names = {"F16", "BF16", "F32"})
    void modulatesANormWithoutParametersAndQuantizesIt(DType type) {
        View x = given.floats("x", type, 3, 5, 72);
        View rows = given.floats("rows", type, 3, 1, 6 * 72);
        Epilogue modulate = new Epilogue.Modulate(rows.slice(-1, 72, 144), rows.slice(-1, 360, 432));
        OneStep step = run(new Normalize(
                "norm",
                new Normalize.Rows(1e-5),
                Optional.empty(),
                List.of(x),
                List.of(modulate),
                List.of(Given.levels(Given.place("to", DType.U8, 3, 5, 72), 0, .05f))));
        step.requireClose("to");
        assertThat(kernel(step).entry()).isEqualTo("wholeRows");
    }

    @Test
    void makesRowsOfLengthOne() {
        View x = given.floats("x", DType.F16, 5, 77);
        OneStep step =
                run(new Other("unit", "unit", new L2Normalize(), List.of(x), Given.place("to", DType.F32, 5, 77)));
        assertThat(step.error("to")).isCloseTo(0, within(F32));
    }

    @ParameterizedTest
    @CsvSource({
        "768, 256, 256, wholeRows", "768, 64, 64, wholeRows", "3072, 256, 256, wholeRows", "24, 8, 4, wholeRows",
        "1024, 512, 16, wholeRows", "768, 16, 64, wholeRowsPlain", "2048, 0, 1024, wholeRowsPlain",
                "20, 4, 4, wholeRowsPlain",
        "16384, 0, 64, wholeRowsPlain"
    })
    void rotatesRunsBeforeItRounds(int columns, int from, int size, String entry) {
        View x = given.floats("x", DType.F16, 5, columns);
        float[] values = given.get(x);
        values[columns + from] = Float.NaN;
        values[2 * columns + columns - 1] = 100;
        given.set(x, values);
        int width = (columns - from) / size * size;
        Output.Levels token = Given.tokens(Given.place("token", DType.U8, 5, width), from, 8);
        Output.Levels fixed = Given.levels(Given.place("fixed", DType.U8, 5, width), from, .03f);
        OneStep step = run(pointwise(
                List.of(x),
                List.of(),
                Given.rotated(given.factored(token), size),
                Given.rotated(fixed, size),
                Given.tokens(Given.place("plain", DType.U8, 5, columns), 0, 8)));
        for (String value : List.of("token", "token scales", "fixed", "plain", "plain scales")) {
            assertSameBytes(step, value);
        }
        assertThat(kernel(step).entry()).isEqualTo(entry);
    }

    @Test
    void aNormIsRotatedAfterItIsModulated() {
        View x = given.floats("x", DType.F16, 2, 7, 128);
        View row = given.floats("row", DType.F16, 2, 1, 256);
        Output.Levels levels = Given.rotated(Given.tokens(Given.place("to", DType.U8, 2, 7, 128), 0, 8), 64);
        OneStep step = run(new Normalize(
                "norm",
                new Normalize.Rows(1e-5),
                Optional.empty(),
                List.of(x),
                List.of(new Epilogue.Modulate(row.slice(-1, 0, 128), row.slice(-1, 128, 256))),
                List.of(levels)));
        step.requireClose("to");
        assertThat(step.error("to scales")).isCloseTo(0, within(F32));
    }

    @Test
    void rowsDoNotDependOnOthers() {
        View x = given.floats("x", DType.F16, 4, 9, 320);
        Epilogue silu = new Epilogue.Apply(Activate.Function.SILU);
        OneStep all =
                run(pointwise(List.of(x), List.of(silu), Given.tokens(Given.place("to", DType.U8, 4, 9, 320), 0, 8)));
        OneStep one = run(pointwise(
                List.of(x.slice(0, 2, 3)), List.of(silu), Given.tokens(Given.place("to", DType.U8, 1, 9, 320), 0, 8)));
        assertThat(one.found().get("to").buffer())
                .isEqualTo(all.found().get("to").slice(2, 3).buffer());
    }

    private static Pointwise pointwise(List<View> inputs, List<Epilogue> then, Output... outputs) {
        return new Pointwise("step", inputs, then, List.of(outputs));
    }

    private OneStep run(Step step) {
        return given.run(step, OneStep.HOPPER, new Pointwises());
    }

    private static Kernel kernel(OneStep step) {
        assertThat(step.planned()).hasSize(1);
        return step.planned().get(0).kernel();
    }

    /** To the bit, but for what a NaN's bits are. */
    private static void assertSameBytes(OneStep step, String value) {
        if (step.wanted().get(value).dtype() == DType.U8) {
            assertThat(step.found().get(value).buffer())
                    .as(value)
                    .isEqualTo(step.wanted().get(value).buffer());
        } else {
            assertThat(step.error(value)).as(value).isZero();
        }
    }
}
