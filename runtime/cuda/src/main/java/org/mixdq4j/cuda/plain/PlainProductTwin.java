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

    /** One launch, with what it reads taken out of memory. */
    private static final class Run {
        private final HostMemory memory;
        private final Kernel kernel;
        private final Arguments arguments;
        private final int blocks;
        private final int blocksEach;
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
            this.blocks = blocks;
            this.columns = arguments.s32("columns");
            this.blocksEach = (columns + PlainLayout.COLUMNS - 1) / PlainLayout.COLUMNS;
            this.integer = kernel.number("INTEGER") == 1;
            this.geGlu = kernel.number("GEGLU") == 1;
            int rows = (blocks + blocksEach - 1) / blocksEach;
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
            float[][] results = new float[blocks][];
            boolean firstRows = kernel.number("FIRST_ROW") == 1;
            int rowsEach = arguments.s32("rowsEach");
            for (int block = 0; firstRows && block < blocks; block++) {
                int row = block / blocksEach;
                if (row % rowsEach == 0) {
                    float[][] patches = firstRow(row / rowsEach);
                    results[block] = block(block, output -> ofFloats(patches, output));
                }
            }
            IntStream.range(0, blocks)
                    .parallel()
                    .filter(block -> results[block] == null)
                    .forEach(block -> results[block] = compute(block));
            FinishTwin finish = new FinishTwin(memory, kernel, arguments, "finish");
            for (int block = 0; block < blocks; block++) {
                finish.row(results[block], block / blocksEach, block % blocksEach * PlainLayout.COLUMNS);
            }
        }

        private float[] compute(int block) {
            int row = block / blocksEach;
            if (integer) {
                int[][] patches = parts.stream().map(part -> part.centered(row)).toArray(int[][]::new);
                return block(block, output -> ofIntegers(patches, row, output));
            }
            float[][] patches = parts.stream().map(part -> part.floats(row)).toArray(float[][]::new);
            return block(block, output -> ofFloats(patches, output));
        }

        /** An element of a row. */
        private interface Element {
            float at(int output);
        }

        private float[] block(int block, Element element) {
            int first = block % blocksEach * PlainLayout.COLUMNS;
            float[] x = new float[Math.min(PlainLayout.COLUMNS, columns - first)];
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
