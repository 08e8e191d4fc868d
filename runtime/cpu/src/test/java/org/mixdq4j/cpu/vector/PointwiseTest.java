package org.mixdq4j.cpu.vector;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.mixdq4j.core.graph.op.Activate;
import org.mixdq4j.core.lower.Value;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Epilogue;
import org.mixdq4j.core.lower.step.Output;
import org.mixdq4j.core.lower.step.Pointwise;
import org.mixdq4j.core.lower.step.Quantizer;
import org.mixdq4j.core.quant.AffineParams;
import org.mixdq4j.core.quant.TokenParams;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;

/** Element-wise steps and quantizing, against plain loops; integers exactly those of the floats. */
class PointwiseTest {
    private static final Quantizer FIXED = new Quantizer(new AffineParams(0.11f, 130, 8), Optional.empty());
    private static final Quantizer TOKEN = new Quantizer(new TokenParams(8), Optional.empty());

    @ParameterizedTest
    @CsvSource({"1, 1, 1", "2, 33, 20", "1, 77, 256", "1, 12, 5120"})
    void gatesAreQuantized(int batch, int tokens, int columns) {
        try (Memory memory = new Memory()) {
            Value x = memory.value("x", DType.F32, batch, tokens, 2 * columns);
            Value floats = memory.value("floats", DType.F32, batch, tokens, columns);
            Value fixed = memory.value("fixed", DType.U8, batch, tokens, columns);
            Value byRow = memory.value("by row", DType.U8, batch, tokens, columns);
            Value scales = memory.value("scales", DType.F32, batch, tokens, 1);
            memory.fill(x, 1, 0);
            Output.Levels whole = Check.levels(fixed, null, FIXED, 0);
            Output.Levels rows = Check.levels(byRow, scales, TOKEN, 0);
            run(
                    memory,
                    List.of(floats, fixed, byRow, scales),
                    new Pointwise(
                            "gate",
                            List.of(View.of(x)),
                            List.of(new Epilogue.GeGlu()),
                            List.of(new Output.Floats(View.of(floats)), whole, rows)));
            float[] in = memory.floats(x);
            double[] expected = new double[batch * tokens * columns];
            for (int i = 0; i < expected.length; i++) {
                int at = i / columns * 2 * columns + i % columns;
                expected[i] = in[at] * gelu(in[at + columns]);
            }
            Check.close(memory.floats(floats), expected, 3e-5);
            Check.levels(memory, whole, memory.floats(floats), columns);
            Check.levels(memory, rows, memory.floats(floats), columns);
        }
    }

    private static double gelu(double x) {
        // By Abramowitz and Stegun 7.1.26, to 1.5e-7.
        double t = 1 / (1 + 0.3275911 * Math.abs(x) / Math.sqrt(2));
        double p = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
        double erf = 1 - p * Math.exp(-x * x / 2);
        return x / 2 * (1 + Math.copySign(erf, x));
    }

    @ParameterizedTest
    @EnumSource(Activate.Function.class)
    void functions(Activate.Function function) {
        try (Memory memory = new Memory()) {
            Value x = memory.value("x", DType.F32, 2, 9, 5, 12);
            Value y = memory.value("y", DType.F32, 2, 9, 5, 12);
            memory.fill(x, 1, 0);
            run(
                    memory,
                    List.of(y),
                    new Pointwise(
                            "f",
                            List.of(View.of(x)),
                            List.of(new Epilogue.Apply(function)),
                            List.of(new Output.Floats(View.of(y)))));
            float[] in = memory.floats(x);
            double[] expected = new double[in.length];
            for (int i = 0; i < in.length; i++) {
                double v = in[i];
                expected[i] = switch (function) {
                    case SILU -> v / (1 + Math.exp(-v));
                    case QUICK_GELU -> v / (1 + Math.exp(-1.702 * v));
                    case GELU -> gelu(v);
                    case GELU_TANH -> v / 2 * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v * v * v)));
                    case RELU -> Math.max(0, v);
                    case EXP -> (float) Math.exp(v);
                    case SOFT_CLAMP -> 3 * Math.tanh(v / 3);
                    case SIGNED -> 2 * v - 1;
                };
            }
            Check.close(memory.floats(y), expected, 5e-6);
        }
    }

    /** Every operand there is, in place, with operands that repeat, and bfloat16. */
    @Test
    void operands() {
        try (Memory memory = new Memory()) {
            Value x = memory.value("x", DType.F32, 2, 50, 44);
            Value row = memory.value("row", DType.F32, 2, 1, 44);
            Value single = memory.value("single", DType.F32, 44);
            Value other = memory.value("other", DType.BF16, 2, 50, 44);
            Value positions = memory.value("positions", DType.F32, 1, 50, 44);
            Value y = memory.value("y", DType.BF16, 2, 50, 44);
            memory.fill(row, 2, 1);
            memory.fill(single, 3, 0);
            memory.fill(other, 4, 0);
            memory.fill(positions, 5, 0);
            memory.fill(x, 1, 0);
            float[] in = memory.floats(x);
            View repeated = new View(positions, Shape.of(2, 50, 44), 0, List.of(0L, 44L, 1L));
            Pointwise step = new Pointwise(
                    "sum",
                    List.of(View.of(x)),
                    List.of(
                            new Epilogue.Add(View.of(other)),
                            new Epilogue.MulRow(View.of(row)),
                            new Epilogue.AddRow(View.of(single)),
                            new Epilogue.Mul(repeated)),
                    List.of(new Output.Floats(View.of(y))));
            run(memory, List.of(y), step);
            float[] found = memory.floats(y);
            for (int i = 0; i < in.length; i++) {
                int c = i % 44;
                float sum = in[i] + memory.floats(other)[i];
                float value = (sum * memory.floats(row)[i / 2200 * 44 + c] + memory.floats(single)[c])
                        * memory.floats(positions)[i % 2200];
                assertThat(Math.abs(found[i] - value)).isLessThanOrEqualTo(Math.abs(value) / 256);
            }
        }
    }

    /** Integers of several parts of joined inputs, of a strided input, and of what is not finite. */
    @Test
    void quantizesParts() {
        try (Memory memory = new Memory()) {
            Value a = memory.value("a", DType.F32, 1, 37, 30);
            Value b = memory.value("b", DType.F32, 1, 37, 50);
            Value floats = memory.value("floats", DType.F32, 1, 37, 40);
            Value low = memory.value("low", DType.U8, 1, 37, 25);
            Value high = memory.value("high", DType.U8, 1, 37, 15);
            Value scales = memory.value("scales", DType.F32, 37);
            memory.fill(a, 1, 0);
            memory.fill(b, 2, 0);
            float[] numbers = memory.floats(a);
            numbers[0] = Float.NaN;
            numbers[1] = Float.POSITIVE_INFINITY;
            numbers[2] = Float.NEGATIVE_INFINITY;
            memory.put(a, numbers);
            float[] factors = new float[15];
            for (int i = 0; i < 15; i++) {
                factors[i] = 0.3f * i;
            }
            Output.Levels lowLevels = Check.levels(low, null, FIXED, 0);
            Output.Levels highLevels =
                    Check.levels(high, scales, new Quantizer(new TokenParams(6), Optional.of(factors)), 25);
            run(
                    memory,
                    List.of(floats, low, high, scales),
                    new Pointwise(
                            "parts",
                            List.of(View.of(a).slice(2, 0, 10), View.of(b).slice(2, 20, 50)),
                            List.of(),
                            List.of(lowLevels, highLevels, new Output.Floats(View.of(floats)))));
            float[] x = memory.floats(floats);
            for (int i = 0; i < x.length; i++) {
                int c = i % 40;
                float value = c < 10 ? memory.floats(a)[i / 40 * 30 + c] : memory.floats(b)[i / 40 * 50 + 10 + c];
                assertThat(Float.floatToIntBits(x[i])).isEqualTo(Float.floatToIntBits(value));
            }
            Check.levels(memory, lowLevels, x, 40);
            Check.levels(memory, highLevels, x, 40);
        }
    }

    /** Columns that are rotated from where they begin, some of them multiplied first; the others read floats as they are. */
    @Test
    void quantizesRotatedParts() {
        try (Memory memory = new Memory()) {
            Value a = memory.value("a", DType.F32, 1, 37, 90);
            Value floats = memory.value("floats", DType.F32, 1, 37, 90);
            Value low = memory.value("low", DType.U8, 1, 37, 64);
            Value high = memory.value("high", DType.U8, 1, 37, 80);
            Value whole = memory.value("whole", DType.U8, 1, 37, 16);
            Value scales = memory.value("scales", DType.F32, 37);
            Value more = memory.value("more", DType.F32, 37);
            memory.fill(a, 1, 0);
            float[] numbers = memory.floats(a);
            numbers[70] = Float.NaN;
            numbers[90 + 71] = Float.NEGATIVE_INFINITY;
            memory.put(a, numbers);
            float[] factors = new float[80];
            for (int i = 0; i < factors.length; i++) {
                factors[i] = 0.1f * i;
            }
            List<Output.Levels> outputs = List.of(
                    Check.levels(low, scales, new Quantizer(new TokenParams(8), Optional.empty(), 64), 7),
                    Check.levels(high, more, new Quantizer(new TokenParams(8), Optional.of(factors), 16), 10),
                    Check.levels(whole, null, new Quantizer(FIXED.params(), Optional.empty(), 16), 3));
            List<Output> all = new ArrayList<>(outputs);
            all.add(new Output.Floats(View.of(floats)));
            run(
                    memory,
                    List.of(floats, low, high, whole, scales, more),
                    new Pointwise("rotated", List.of(View.of(a)), List.of(), all));

            float[] x = memory.floats(floats);
            assertThat(x).isEqualTo(memory.floats(a));
            outputs.forEach(output -> Check.levels(memory, output, x, 90));
        }
    }

    private static void run(Memory memory, List<Value> written, Pointwise step) {
        Check.everyWay(
                memory, written, (workers, loops) -> new VectorTasks(memory.arena(), workers, loops).pointwise(step));
    }
}
