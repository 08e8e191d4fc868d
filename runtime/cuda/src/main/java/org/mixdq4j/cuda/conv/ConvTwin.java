package org.mixdq4j.cuda.conv;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.mixdq4j.cuda.device.Arguments;
import org.mixdq4j.cuda.device.Geometry;
import org.mixdq4j.cuda.device.Kernel;
import org.mixdq4j.cuda.device.Parameter;
import org.mixdq4j.cuda.device.host.HostMemory;
import org.mixdq4j.cuda.device.host.Twin;
import org.mixdq4j.cuda.finish.FinishTwin;

/** {@code conv_mma.cu} and {@code conv_wgmma.cu} in plain Java. Sums of floats are made in double and rounded once. */
public final class ConvTwin implements Twin {
    @Override
    public void run(HostMemory memory, Kernel kernel, Geometry geometry, List<Parameter> parameters) {
        new Run(memory, kernel, geometry, (Arguments) parameters.get(0)).run();
    }

    /** One launch. */
    private static final class Run {
        private final HostMemory memory;
        private final Kernel kernel;
        private final Geometry geometry;
        private final Arguments arguments;
        private final boolean wgmma;
        private final String prefix;
        private final ConvTile tile;
        private final ConvShape shape;
        private final int height;
        private final int width;
        private final int top;
        private final int left;
        private final List<ConvOperand> operands = new ArrayList<>();
        private final float[] bias;
        private final FinishTwin finish;
        /** By segment and block. */
        private final int[][] edges;

        Run(HostMemory memory, Kernel kernel, Geometry geometry, Arguments arguments) {
            this.memory = memory;
            this.kernel = kernel;
            this.geometry = geometry;
            this.arguments = arguments;
            this.wgmma = kernel.entry().equals("convWgmma");
            this.prefix = wgmma ? "conv." : "";
            this.tile = tile(kernel, wgmma);
            List<Integer> bytes = new ArrayList<>();
            for (int i = 0; i < kernel.number("SEGMENTS"); i++) {
                bytes.add(get("segment[" + i + "].bytes"));
            }
            this.shape = new ConvShape(
                    get("batch"),
                    get("outHeight"),
                    get("outWidth"),
                    get("outputs"),
                    kernel.number("KERNEL"),
                    kernel.number("STRIDE"),
                    bytes,
                    kernel.number("ELEMENTS"),
                    wgmma ? 8 : kernel.number("EACH"));
            this.height = get("height");
            this.width = get("width");
            this.top = get("top");
            this.left = get("left");
            for (int i = 0; i < bytes.size(); i++) {
                operands.add(
                        wgmma
                                ? ConvOperand.mapped(memory, arguments, i, shape, tile, height, width)
                                : ConvOperand.plain(memory, kernel, arguments, i, shape, height, width));
            }
            this.bias = FinishTwin.floats(memory, 0, arguments.pointer(prefix + "bias"), 0, shape.outputs());
            this.finish = new FinishTwin(memory, kernel, arguments, prefix + "finish");
            this.edges = IntStream.range(0, bytes.size())
                    .mapToObj(segment -> IntStream.rangeClosed(0, geometry.z())
                            .map(z -> edge(segment, z))
                            .toArray())
                    .toArray(int[][]::new);
        }

        private int get(String name) {
            return arguments.s32(prefix + name);
        }

        private static ConvTile tile(Kernel kernel, boolean wgmma) {
            int stages = kernel.number("STAGES");
            ConvTile tile = wgmma
                    ? ConvTile.wgmma(
                            kernel.number("WGS"),
                            kernel.number("BN"),
                            kernel.number("BK"),
                            stages,
                            kernel.number("MIN_BLOCKS"))
                    : ConvTile.mma(
                            kernel.number("BM"),
                            kernel.number("BN"),
                            kernel.number("BK"),
                            kernel.number("WARPS_M"),
                            kernel.number("WARPS_N"),
                            stages);
            return tile.withSplits(kernel.number("SPLITS"));
        }

        void run() {
            int shared = tile.sharedBytes(shape.bytes().size(), kernel.number("W4") == 1);
            if (geometry.threads() != tile.threads() || geometry.sharedBytes() < shared) {
                throw new IllegalStateException("wants " + tile.threads() + " threads and " + shared
                        + " bytes of shared memory, not " + geometry);
            }
            if (tile.splits() > 1 && kernel.number("CLUSTER") == 1 && !wgmma) {
                checkWorkspace();
            }
            for (int y = 0; y < geometry.y(); y++) {
                for (int x = 0; x < geometry.x(); x++) {
                    block(x * tile.bn(), y);
                }
            }
        }

        private void checkWorkspace() {
            int blocks = geometry.x() * geometry.y();
            memory.bytes(
                    arguments.pointer("workspace"),
                    (long) tile.splits() * blocks * tile.bm() * tile.bn() * Integer.BYTES);
            for (int i = 0; i < blocks; i++) {
                if (memory.s32(arguments.pointer("tickets") + (long) Integer.BYTES * i) != 0) {
                    throw new IllegalStateException("ticket " + i + " is not zero");
                }
            }
        }

        private void block(int firstOutput, int tileOfPixels) {
            int columns = Math.min(tile.bn(), shape.outputs() - firstOutput);
            int[] pixels = IntStream.range(0, tile.bm())
                    .map(row -> pixel(tileOfPixels, row))
                    .filter(pixel -> pixel >= 0)
                    .toArray();
            if (columns <= 0) {
                return;
            }
            float[][] results = new float[pixels.length][];
            IntStream.range(0, pixels.length)
                    .parallel()
                    .forEach(row -> results[row] = row(pixels[row], firstOutput, columns));
            for (int row = 0; row < pixels.length; row++) {
                finish.row(results[row], pixels[row], firstOutput);
            }
        }

        /** The result's row that a row of the tile is, or -1. */
        private int pixel(int tileOfPixels, int row) {
            if (!wgmma) {
                int pixel = tileOfPixels * tile.bm() + row;
                return pixel < shape.pixels() ? pixel : -1;
            }
            int w = arguments.s32("tileWidthLog2");
            int h = arguments.s32("tileHeightLog2");
            int across = ConvTile.ceil(shape.outWidth(), 1 << w);
            int down = ConvTile.ceil(shape.outHeight(), 1 << h);
            int x = (tileOfPixels % across << w) + (row & (1 << w) - 1);
            int y = (tileOfPixels / across % down << h) + (row >> w & (1 << h) - 1);
            int image = tileOfPixels / across / down * (tile.bm() >> w >> h) + (row >> w + h);
            boolean inside = image < shape.batch() && y < shape.outHeight() && x < shape.outWidth();
            return inside ? (image * shape.outHeight() + y) * shape.outWidth() + x : -1;
        }

        private float[] row(int pixel, int firstOutput, int columns) {
            int x = pixel % shape.outWidth() * shape.stride() - left;
            int y = pixel / shape.outWidth() % shape.outHeight() * shape.stride() - top;
            int image = pixel / (shape.outWidth() * shape.outHeight());
            int border = shape.kernel() != 3
                    ? 0
                    : (x < 0 ? 1 : 0) | (x + 2 >= width ? 2 : 0) | (y < 0 ? 4 : 0) | (y + 2 >= height ? 8 : 0);
            float[] result = new float[columns];
            for (int i = 0; i < operands.size(); i++) {
                ConvOperand operand = operands.get(i);
                float[] terms = operand.integers() != null
                        ? ofIntegers(operand, i, operand.patch(shape, image, y, x), firstOutput, columns, border)
                        : ofFloats(operand, i, operand.floatPatch(shape, image, y, x), firstOutput, columns);
                for (int c = 0; c < columns; c++) {
                    result[c] = terms[c] + (i == 0 ? bias[firstOutput + c] : result[c]);
                }
            }
            return result;
        }

        private float[] ofIntegers(
                ConvOperand operand, int segment, int[] patch, int firstOutput, int columns, int border) {
            int[] integers = operand.integers();
            float[] terms = new float[columns];
            for (int c = 0; c < columns; c++) {
                int at = (firstOutput + c) * patch.length;
                int sum = 0;
                for (int z = 0; z < geometry.z(); z++) {
                    for (int k = edges[segment][z]; k < edges[segment][z + 1]; k++) {
                        sum += patch[k] * integers[at + k];
                    }
                }
                int correction = operand.corrections()[border * shape.outputs() + firstOutput + c];
                terms[c] = (sum - correction) * operand.scales()[firstOutput + c];
            }
            return terms;
        }

        private float[] ofFloats(ConvOperand operand, int segment, float[] patch, int firstOutput, int columns) {
            float[] terms = new float[columns];
            for (int c = 0; c < columns; c++) {
                int at = (firstOutput + c) * patch.length;
                double sum = 0;
                for (int z = 0; z < geometry.z(); z++) {
                    for (int k = edges[segment][z]; k < edges[segment][z + 1]; k++) {
                        sum += (double) patch[k] * operand.floats()[at + k];
                    }
                }
                terms[c] = (float) sum;
            }
            return terms;
        }

        /** The first product of a segment that block {@code z} does; those of other segments' blocks are empty. */
        private int edge(int segment, int z) {
            int parts = shape.bytes().size() == 1 || tile.splits() == 1
                    ? tile.splits()
                    : get("segment[" + segment + "].splits");
            int before = segment == 0 || tile.splits() == 1 ? 0 : get("segment[0].splits");
            int part = Math.max(0, Math.min(parts, z - before));
            int stage = tile.depth(shape, segment) * part / parts;
            int bytes = shape.bytes().get(segment);
            int chunks = ConvTile.ceil(bytes, tile.bk());
            int byteAt = wgmma
                    ? stage / chunks * bytes + stage % chunks * tile.bk()
                    : Math.min(stage * tile.bk(), shape.taps() * bytes);
            return byteAt / shape.elementBytes();
        }
    }
}
