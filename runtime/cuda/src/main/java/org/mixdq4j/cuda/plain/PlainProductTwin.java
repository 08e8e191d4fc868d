package org.mixdq4j.cuda.plain;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.mixdq4j.core.lower.interpret.Functions;
import org.mixdq4j.cuda.device.Arguments;
import org.mixdq4j.cuda.device.Geometry;
import org.mixdq4j.cuda.device.Kernel;
import org.mixdq4j.cuda.device.Parameter;
import org.mixdq4j.cuda.device.host.HostMemory;
import org.mixdq4j.cuda.device.host.Twin;
import org.mixdq4j.cuda.finish.FinishTwin;

/** {@code plain_product.cu} in plain Java. Sums of floats are made in double and rounded once. */
public final class PlainProductTwin implements Twin {
    @Override
    public void run(HostMemory memory, Kernel kernel, Geometry geometry, List<Parameter> parameters) {
        new Run(memory, kernel, (Arguments) parameters.get(0), geometry.x()).run();
    }

    /** Columns {@code [column, column + count)} of a row. */
    private record Work(int row, int column, int count) {}

    /** One launch, with what it reads taken out of memory. */
    private static final class Run {
        private final HostMemory memory;
        private final Kernel kernel;
        private final Arguments arguments;
        private final List<Work> work = new ArrayList<>();
        private final int columns;
        private final boolean integer;
        private final boolean geGlu;
        private final List<PlainPart> parts = new ArrayList<>();
        private final float[] bias;
        private final float[] factors;
        private final int[] factorsOf;

        Run(HostMemory memory, Kernel kernel, Arguments arguments, int blocks) {
            this.memory = memory;
            this.kernel = kernel;
            this.arguments = arguments;
            this.columns = arguments.s32("columns");
            this.integer = kernel.number("INTEGER") == 1;
            this.geGlu = kernel.number("GEGLU") == 1;
            boolean small = kernel.entry().equals("shortProduct");
            int across = small ? PlainLayout.SHORT_COLUMNS : PlainLayout.COLUMNS;
            int down = small ? PlainLayout.SHORT_ROWS : 1;
            int blocksEach = (columns + across - 1) / across;
            for (int block = 0; block < blocks; block++) {
                int column = block % blocksEach * across;
                int end = (block / blocksEach + 1) * down;
                end = small ? Math.min(arguments.s32("rows"), end) : end;
                for (int row = block / blocksEach * down; row < end; row++) {
                    work.add(new Work(row, column, Math.min(across, columns - column)));
                }
            }
            int rows = work.isEmpty() ? 0 : work.get(work.size() - 1).row + 1;
            for (int i = 0; i < arguments.s32("parts"); i++) {
                parts.add(PlainPart.read(memory, kernel, arguments, i, rows));
            }
            int outputs = arguments.s32("outputs");
            this.bias = arguments.pointer("bias") == 0
                    ? null
                    : FinishTwin.floats(memory, 0, arguments.pointer("bias"), 0, outputs);
            this.factorsOf = new int[outputs];
            boolean factored = kernel.number("FACTORS") == 1;
            int last = 0;
            for (int i = 0; factored && i < outputs; i++) {
                factorsOf[i] = memory.s32(arguments.pointer("factorsOf") + (long) Integer.BYTES * i);
                last = Math.max(last, factorsOf[i]);
            }
            this.factors = factored
                    ? FinishTwin.floats(
                            memory, 0, arguments.pointer("factors"), 0, (last + 1) * arguments.s32("channels"))
                    : null;
        }

        void run() {
            float[][] results = new float[work.size()][];
            boolean firstRows = kernel.number("FIRST_ROW") == 1;
            int rowsEach = arguments.s32("rowsEach");
            for (int i = 0; firstRows && i < results.length; i++) {
                int row = work.get(i).row;
                if (row % rowsEach == 0) {
                    float[][] patches = firstRow(row / rowsEach);
                    results[i] = elements(work.get(i), output -> ofFloats(patches, output));
                }
            }
            IntStream.range(0, results.length)
                    .parallel()
                    .filter(i -> results[i] == null)
                    .forEach(i -> results[i] = compute(work.get(i)));
            FinishTwin finish = new FinishTwin(memory, kernel, arguments, "finish");
            for (int i = 0; i < results.length; i++) {
                finish.row(results[i], work.get(i).row, work.get(i).column);
            }
        }

        private float[] compute(Work some) {
            int row = some.row;
            if (integer) {
                int[][] patches = parts.stream().map(part -> part.centered(row)).toArray(int[][]::new);
                return elements(some, output -> ofIntegers(patches, row, output));
            }
            float[][] patches = parts.stream().map(part -> part.floats(row)).toArray(float[][]::new);
            return elements(some, output -> ofFloats(patches, output));
        }

        /** An element of a row. */
        private interface Element {
            float at(int output);
        }

        private float[] elements(Work some, Element element) {
            int first = some.column;
            float[] x = new float[some.count];
            for (int i = 0; i < x.length; i++) {
                x[i] = element.at(first + i);
                if (geGlu) {
                    x[i] *= (float) Functions.gelu(element.at(first + i + columns));
                }
            }
            return x;
        }

        private float ofIntegers(int[][] patches, int row, int output) {
            float y = 0;
            for (int i = 0; i < patches.length; i++) {
                PlainPart part = parts.get(i);
                int[] patch = patches[i];
                int at = output * patch.length;
                int sum = 0;
                for (int k = 0; k < patch.length; k++) {
                    sum += patch[k] * part.bytes()[at + k];
                }
                float term = sum * part.scales()[output];
                if (part.rowScales() != null) {
                    term *= part.rowScales()[row];
                }
                y = i > 0 ? y + term : bias == null ? term : term + bias[output];
            }
            return y;
        }

        private float ofFloats(float[][] patches, int output) {
            double sum = bias == null ? 0 : bias[output];
            for (int i = 0; i < patches.length; i++) {
                PlainPart part = parts.get(i);
                int channels = part.channels();
                int at = output * patches[i].length;
                for (int k = 0; k < patches[i].length; k++) {
                    float x = patches[i][k];
                    if (factors != null) {
                        x *= factors[factorsOf[output] * arguments.s32("channels") + part.from() + k % channels];
                    }
                    sum += (double) x * part.weight(at + k, output);
                }
            }
            return (float) sum;
        }

        private float[][] firstRow(int sample) {
            return parts.stream()
                    .map(part -> FinishTwin.floats(
                            memory,
                            arguments.s32("firstRowType"),
                            arguments.pointer("firstRow"),
                            sample * arguments.s64("firstRowPitch") + part.from(),
                            part.channels()))
                    .toArray(float[][]::new);
        }
    }
}
