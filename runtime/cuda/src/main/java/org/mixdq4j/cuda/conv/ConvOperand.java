package org.mixdq4j.cuda.conv;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.mixdq4j.core.tensor.HalfFloats;
import org.mixdq4j.cuda.device.Arguments;
import org.mixdq4j.cuda.device.Kernel;
import org.mixdq4j.cuda.device.TensorMap;
import org.mixdq4j.cuda.device.host.HostMemory;
import org.mixdq4j.cuda.finish.FinishTwin;

/**
 * A segment of a convolution in host memory.
 *
 * @param channels of the input
 * @param levels of all pixels, channels last; null where {@code halves} are given
 * @param integers [outputs][taps][channels] as they are multiplied; null where {@code floats} are given
 */
record ConvOperand(
        int height,
        int width,
        int channels,
        byte[] levels,
        float[] halves,
        int[] integers,
        float[] floats,
        float[] scales,
        int[] corrections) {
    /** What a code is multiplied by, in the upper half of a byte. */
    static final int CODE_UNIT = 16;

    private static final int RUN = 32;

    /** By addresses. */
    static ConvOperand plain(
            HostMemory memory, Kernel kernel, Arguments arguments, int index, ConvShape shape, int height, int width) {
        String segment = "segment[" + index + "].";
        int bytes = shape.bytes().get(index);
        int pixels = shape.batch() * height * width;
        long input = arguments.pointer(segment + "input");
        long pitch = arguments.s64(segment + "pitch");
        long weight = arguments.pointer(segment + "weight");
        int weights = shape.outputs() * shape.taps() * bytes;
        if (shape.elements() != 0) {
            float[] halves = new float[pixels * bytes / 2];
            for (int i = 0; i < pixels; i++) {
                float[] row = FinishTwin.floats(memory, shape.elements(), input + i * pitch, 0, bytes / 2);
                System.arraycopy(row, 0, halves, i * bytes / 2, row.length);
            }
            float[] floats = FinishTwin.floats(memory, shape.elements(), weight, 0, weights / 2);
            return new ConvOperand(height, width, bytes / 2, null, halves, null, floats, null, null);
        }
        byte[] levels = new byte[pixels * bytes];
        for (int i = 0; i < pixels; i++) {
            memory.bytes(input + i * pitch, bytes).get(levels, i * bytes, bytes);
        }
        byte[] integers =
                kernel.number("W4") == 1 ? codes(memory, weight, weights) : array(memory.bytes(weight, weights));
        return integers(memory, arguments, segment, shape, height, width, levels, integers);
    }

    /** By tensor maps. */
    static ConvOperand mapped(
            HostMemory memory, Arguments arguments, int index, ConvShape shape, ConvTile tile, int height, int width) {
        TensorMap input = arguments.map("input[" + index + "]");
        TensorMap weight = arguments.map("weight[" + index + "]");
        int bytes = shape.bytes().get(index);
        int stride = shape.stride();
        int tileWidth = 1 << arguments.s32("tileWidthLog2");
        int tileHeight = 1 << arguments.s32("tileHeightLog2");
        check(
                input,
                List.of((long) bytes, (long) width, (long) height, (long) shape.batch()),
                List.of(tile.bk(), tileWidth * stride, tileHeight * stride, tile.bm() / tileWidth / tileHeight),
                List.of(1, stride, stride, 1));
        check(
                weight,
                List.of((long) bytes, (long) shape.taps(), (long) shape.outputs()),
                List.of(tile.bk(), 1, tile.bn()),
                List.of(1, 1, 1));
        byte[] levels = new byte[shape.batch() * height * width * bytes];
        int at = 0;
        for (int image = 0; image < shape.batch(); image++) {
            for (int y = 0; y < height; y++) {
                for (int x = 0; x < width; x++, at += bytes) {
                    long from = input.address()
                            + input.strides().get(0) * x
                            + input.strides().get(1) * y
                            + input.strides().get(2) * image;
                    memory.bytes(from, bytes).get(levels, at, bytes);
                }
            }
        }
        byte[] integers = new byte[shape.outputs() * shape.taps() * bytes];
        for (int row = 0; row < shape.outputs() * shape.taps(); row++) {
            long from = weight.address()
                    + weight.strides().get(0) * (row % shape.taps())
                    + weight.strides().get(1) * (row / shape.taps());
            memory.bytes(from, bytes).get(integers, row * bytes, bytes);
        }
        if (shape.elements() != 0) {
            float[] halves = halves(levels, shape.elements());
            float[] floats = halves(integers, shape.elements());
            return new ConvOperand(height, width, bytes / 2, null, halves, null, floats, null, null);
        }
        return integers(memory, arguments, "conv.segment[" + index + "].", shape, height, width, levels, integers);
    }

    private static float[] halves(byte[] bytes, int type) {
        float[] floats = new float[bytes.length / 2];
        for (int i = 0; i < floats.length; i++) {
            short bits = (short) (bytes[2 * i] & 0xff | bytes[2 * i + 1] << 8);
            floats[i] = type == 1 ? HalfFloats.fromF16(bits) : HalfFloats.fromBf16(bits);
        }
        return floats;
    }

    private static void check(TensorMap map, List<Long> dims, List<Integer> box, List<Integer> steps) {
        if (!map.dims().equals(dims) || !map.box().equals(box) || !map.steps().equals(steps)) {
            throw new IllegalStateException(map + " where " + dims + " in boxes of " + box + " are wanted");
        }
    }

    private static ConvOperand integers(
            HostMemory memory,
            Arguments arguments,
            String segment,
            ConvShape shape,
            int height,
            int width,
            byte[] levels,
            byte[] integers) {
        int outputs = shape.outputs();
        int classes = shape.kernel() == 3 ? ConvLayout.BORDERS : 1;
        int[] corrections = new int[classes * outputs];
        memory.bytes(arguments.pointer(segment + "correction"), (long) Integer.BYTES * corrections.length)
                .asIntBuffer()
                .get(corrections);
        float[] scales = FinishTwin.floats(memory, 0, arguments.pointer(segment + "scale"), 0, outputs);
        int channels = arguments.s32(segment + "bytes");
        int[] weights = new int[integers.length];
        Arrays.setAll(weights, i -> integers[i]);
        return new ConvOperand(height, width, channels, levels, null, weights, null, scales, corrections);
    }

    /** Sixteen times the codes. */
    static byte[] codes(HostMemory memory, long at, int count) {
        byte[] packed = array(memory.bytes(at, count / 2));
        byte[] integers = new byte[count];
        for (int i = 0; i < count; i++) {
            int within = i % RUN;
            int pair = packed[i / RUN * (RUN / 2) + within % (RUN / 2)];
            integers[i] = (byte) (within < RUN / 2 ? pair * CODE_UNIT : pair & 0xf0);
        }
        return integers;
    }

    private static byte[] array(ByteBuffer bytes) {
        byte[] array = new byte[bytes.remaining()];
        bytes.get(array);
        return array;
    }

    /** What a window holds, in order of taps: levels, 0 outside. @param y of its first row @param x of its first column */
    int[] patch(ConvShape shape, int image, int y, int x) {
        int[] patch = new int[shape.taps() * channels];
        for (int tap = 0; tap < shape.taps(); tap++) {
            int from = first(shape, image, y, x, tap);
            for (int c = 0; from >= 0 && c < channels; c++) {
                patch[tap * channels + c] = Byte.toUnsignedInt(levels[from + c]);
            }
        }
        return patch;
    }

    /** The same of halves. */
    float[] floatPatch(ConvShape shape, int image, int y, int x) {
        float[] patch = new float[shape.taps() * channels];
        for (int tap = 0; tap < shape.taps(); tap++) {
            int from = first(shape, image, y, x, tap);
            if (from >= 0) {
                System.arraycopy(halves, from, patch, tap * channels, channels);
            }
        }
        return patch;
    }

    private int first(ConvShape shape, int image, int y, int x, int tap) {
        int row = y + tap / shape.kernel();
        int column = x + tap % shape.kernel();
        boolean inside = row >= 0 && row < height && column >= 0 && column < width;
        return inside ? ((image * height + row) * width + column) * channels : -1;
    }
}
