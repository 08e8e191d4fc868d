package org.mixdq4j.cuda.gemm;

import java.util.List;
import java.util.stream.IntStream;
import org.mixdq4j.core.lower.interpret.Functions;
import org.mixdq4j.cuda.device.Arguments;
import org.mixdq4j.cuda.device.Geometry;
import org.mixdq4j.cuda.device.Kernel;
import org.mixdq4j.cuda.device.Parameter;
import org.mixdq4j.cuda.device.TensorMap;
import org.mixdq4j.cuda.device.host.HostMemory;
import org.mixdq4j.cuda.device.host.Twin;
import org.mixdq4j.cuda.finish.FinishTwin;

/** {@code gemm_mma.cu} and {@code gemm_wgmma.cu} in plain Java: both compute the same. */
public final class GemmTwin implements Twin {
    @Override
    public void run(HostMemory memory, Kernel kernel, Geometry geometry, List<Parameter> parameters) {
        Tile tile = tile(kernel);
        Form form = new Form(kernel.number("ELEMENTS"), kernel.number("WEIGHT_BITS"), kernel.number("GROUP"));
        if (geometry.threads() != tile.threads() || geometry.sharedBytes() < tile.sharedBytes(form)) {
            throw new IllegalStateException("wants " + tile.threads() + " threads and " + tile.sharedBytes(form)
                    + " bytes of shared memory, not " + geometry);
        }
        Arguments arguments = (Arguments) parameters.get(parameters.size() - 1);
        if (tile.wgmma()) {
            check((TensorMap) parameters.get(0), arguments.pointer("a"), arguments, "m", "pitch", tile.tokens());
            if (form.bits() == 8) {
                check((TensorMap) parameters.get(1), arguments.pointer("b"), arguments, "n", "k", tile.outputs());
            }
        }
        new Run(memory, kernel, arguments, tile, form).blocks(geometry);
    }

    private static void check(TensorMap map, long address, Arguments arguments, String rows, String pitch, int box) {
        TensorMap wanted = TensorMap.rows(
                address, arguments.s32(rows), arguments.s32("k"), arguments.s32(pitch), box, Tile.WGMMA_DEPTH);
        if (!map.equals(wanted)) {
            throw new IllegalStateException(map + " where " + wanted + " is wanted");
        }
    }

    private static Tile tile(Kernel kernel) {
        int stages = kernel.number("STAGES");
        int split = kernel.number("SPLIT");
        return kernel.entry().equals("gemmWgmma")
                ? Tile.wgmma(kernel.number("TN"), kernel.number("TM"), stages, split)
                : Tile.mma(
                        kernel.number("BM"),
                        kernel.number("BN"),
                        stages,
                        split,
                        kernel.number("BK"),
                        kernel.number("WARPS_M"),
                        kernel.number("WARPS_N"));
    }

    /** One launch: inputs and weights as the product sees them, once, and then block by block. */
    private static final class Run {
        private final HostMemory memory;
        private final Kernel kernel;
        private final Arguments arguments;
        private final Tile tile;
        private final Form form;
        private final FinishTwin finish;
        private final int m;
        private final int n;
        private final int k;
        private int[][] inputs;
        private int[][] weights;
        private float[][] floatInputs;
        private float[][] floatWeights;

        Run(HostMemory memory, Kernel kernel, Arguments arguments, Tile tile, Form form) {
            this.memory = memory;
            this.kernel = kernel;
            this.arguments = arguments;
            this.tile = tile;
            this.form = form;
            this.finish = new FinishTwin(memory, kernel, arguments, "finish");
            this.m = arguments.s32("m");
            this.n = arguments.s32("n");
            this.k = arguments.s32("k");
            long a = arguments.pointer("a");
            long b = arguments.pointer("b");
            long pitch = arguments.s32("pitch");
            if (!form.integer()) {
                floatInputs = new float[m][];
                floatWeights = new float[n][];
                for (int row = 0; row < m; row++) {
                    floatInputs[row] = FinishTwin.floats(memory, form.elements(), a + row * pitch, 0, k / 2);
                }
                for (int row = 0; row < n; row++) {
                    floatWeights[row] = FinishTwin.floats(memory, form.elements(), b + (long) row * k, 0, k / 2);
                }
                return;
            }
            inputs = new int[m][k];
            for (int row = 0; row < m; row++) {
                byte[] levels = new byte[k];
                memory.bytes(a + row * pitch, k).get(levels);
                for (int i = 0; i < k; i++) {
                    inputs[row][i] = Byte.toUnsignedInt(levels[i]);
                }
            }
            weights = form.bits() == 8
                    ? Unpacking.bytes(memory, b, n, k)
                    : Unpacking.codes(memory, b, arguments.pointer("multipliers"), form.group(), n, k);
        }

        void blocks(Geometry geometry) {
            for (int y = 0; y < geometry.y(); y++) {
                for (int x = 0; x < geometry.x(); x++) {
                    block(x * tile.tokens(), y * tile.outputs(), geometry.z());
                }
            }
        }

        /** @param parts of K that are added up */
        private void block(int m0, int n0, int parts) {
            int rows = Math.min(tile.tokens(), m - m0);
            int columns = Math.min(tile.outputs(), n - n0);
            if (rows <= 0 || columns <= 0) {
                return;
            }
            int stages = Tile.blocks(k, tile.depth());
            int end = Math.min(k, stages * parts / tile.split() * tile.depth());
            float[][] results = new float[rows][columns];
            if (form.integer()) {
                int[] corrections = memory.ints(arguments.pointer("correction") + (long) Integer.BYTES * n0, columns);
                float[] scales = memory.floats(arguments.pointer("scale") + (long) Float.BYTES * n0, columns);
                IntStream.range(0, rows).parallel().forEach(row -> {
                    for (int column = 0; column < columns; column++) {
                        int sum = dot(inputs[m0 + row], weights[n0 + column], end);
                        results[row][column] = (sum - corrections[column]) * scales[column];
                    }
                });
            } else {
                IntStream.range(0, rows).parallel().forEach(row -> {
                    for (int column = 0; column < columns; column++) {
                        results[row][column] = dot(floatInputs[m0 + row], floatWeights[n0 + column], end / 2);
                    }
                });
            }
            boolean earlier = kernel.number("EARLIER") == 1;
            float[] bias = earlier ? null : memory.floats(arguments.pointer("bias") + (long) Float.BYTES * n0, columns);
            for (int row = 0; row < rows; row++) {
                float[] y = results[row];
                float[] added = earlier
                        ? memory.floats(
                                arguments.pointer("earlier") + Float.BYTES * ((long) (m0 + row) * n + n0), columns)
                        : bias;
                boolean rowScales = kernel.number("ROW_SCALES") == 1;
                float scale =
                        rowScales ? memory.f32(arguments.pointer("rowScales") + (long) Float.BYTES * (m0 + row)) : 0;
                for (int column = 0; column < columns; column++) {
                    y[column] = (rowScales ? y[column] * scale : y[column]) + added[column];
                }
                finish(y, m0 + row, n0);
            }
        }

        private void finish(float[] y, int row, int column) {
            if (kernel.number("GEGLU") == 0) {
                finish.row(y, row, column);
                return;
            }
            float[] half = new float[y.length / 2];
            for (int i = 0; i < half.length; i++) {
                int value = i / 4 * 8 + i % 4;
                half[i] = y[value] * (float) Functions.gelu(y[value + 4]);
            }
            finish.row(half, row, column / 2);
        }

        private static int dot(int[] a, int[] b, int end) {
            int sum = 0;
            for (int i = 0; i < end; i++) {
                sum += a[i] * b[i];
            }
            return sum;
        }

        private static float dot(float[] a, float[] b, int end) {
            double sum = 0;
            for (int i = 0; i < end; i++) {
                sum += (double) a[i] * b[i];
            }
            return (float) sum;
        }
    }
}
