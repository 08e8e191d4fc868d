package org.mixdq4j.cuda.plain;

import org.mixdq4j.cuda.device.Arguments;
import org.mixdq4j.cuda.device.Kernel;
import org.mixdq4j.cuda.device.host.HostMemory;
import org.mixdq4j.cuda.finish.FinishTwin;

/**
 * A part of a product's input in host memory, with its weights.
 *
 * @param pixels one after the other, {@code channels} each: levels or floats
 * @param bytes weights that are integers, else null
 * @param floats others
 * @param scales from sums to real units, where integers are multiplied
 * @param weightScales of integer weights that floats are multiplied by, or null
 * @param rowScales one a row, or null
 */
record PlainPart(
        Window window,
        int channels,
        int from,
        int zeroPoint,
        float[] pixels,
        byte[] bytes,
        float[] floats,
        float[] scales,
        float[] weightScales,
        float[] rowScales) {
    /** Where the taps of an output row lie. */
    record Window(
            int height,
            int width,
            int outHeight,
            int outWidth,
            int kernelHeight,
            int kernelWidth,
            int stride,
            int top,
            int left) {
        int taps() {
            return kernelHeight * kernelWidth;
        }

        /** The pixel of a tap, or -1 outside. */
        int pixel(int row, int tap) {
            int y = row / outWidth % outHeight * stride - top + tap / kernelWidth;
            int x = row % outWidth * stride - left + tap % kernelWidth;
            boolean inside = y >= 0 && y < height && x >= 0 && x < width;
            return inside ? (row / (outHeight * outWidth) * height + y) * width + x : -1;
        }
    }

    static PlainPart read(HostMemory memory, Kernel kernel, Arguments arguments, int index, int rows) {
        String name = PlainLayout.part(index);
        Window window = new Window(
                arguments.s32("height"),
                arguments.s32("width"),
                arguments.s32("outHeight"),
                arguments.s32("outWidth"),
                arguments.s32("kernelHeight"),
                arguments.s32("kernelWidth"),
                arguments.s32("stride"),
                arguments.s32("top"),
                arguments.s32("left"));
        int perImage = window.outHeight * window.outWidth;
        int images = (rows + perImage - 1) / perImage;
        int channels = arguments.s32(name + "channels");
        int outputs = arguments.s32("outputs");
        int weights = outputs * window.taps() * channels;
        boolean integer = kernel.number("INTEGER") == 1;
        int type = kernel.number("WEIGHTS");
        long weight = arguments.pointer(name + "weight");
        byte[] bytes = type == PlainLayout.BYTES ? new byte[weights] : null;
        float[] floats = bytes == null ? FinishTwin.floats(memory, type, weight, 0, weights) : null;
        if (bytes != null) {
            memory.bytes(weight, weights).get(bytes);
        }
        if (kernel.entry().equals("shortProduct")) {
            bytes = bytes == null ? null : outputsFirst(bytes, outputs);
            floats = floats == null ? null : outputsFirst(floats, outputs);
        }
        return new PlainPart(
                window,
                channels,
                arguments.s32(name + "from"),
                arguments.s32(name + "zeroPoint"),
                pixels(memory, arguments, name, images * window.height * window.width, integer),
                bytes,
                floats,
                numbers(memory, arguments.pointer(name + "scale"), outputs),
                numbers(memory, arguments.pointer(name + "weightScale"), outputs),
                numbers(memory, arguments.pointer(name + "rowScales"), rows));
    }

    private static byte[] outputsFirst(byte[] from, int outputs) {
        byte[] to = new byte[from.length];
        for (int i = 0; i < to.length; i++) {
            to[i % outputs * (to.length / outputs) + i / outputs] = from[i];
        }
        return to;
    }

    private static float[] outputsFirst(float[] from, int outputs) {
        float[] to = new float[from.length];
        for (int i = 0; i < to.length; i++) {
            to[i % outputs * (to.length / outputs) + i / outputs] = from[i];
        }
        return to;
    }

    private static float[] numbers(HostMemory memory, long at, int count) {
        return at == 0 ? null : FinishTwin.floats(memory, 0, at, 0, count);
    }

    private static float[] pixels(HostMemory memory, Arguments arguments, String name, int count, boolean integer) {
        int channels = arguments.s32(name + "channels");
        long pitch = arguments.s64(name + "pitch");
        long at = arguments.pointer(name + "input");
        int type = arguments.s32(name + "type");
        float[] pixels = new float[count * channels];
        for (int i = 0; i < count; i++) {
            for (int c = 0; c < channels; c++) {
                pixels[i * channels + c] =
                        integer ? memory.u8(at + i * pitch + c) : FinishTwin.getFloat(memory, type, at, i * pitch + c);
            }
        }
        return pixels;
    }

    /** What the window of an output row holds, in order of taps: levels less the zero point, 0 outside. */
    int[] centered(int row) {
        int[] patch = new int[window.taps() * channels];
        for (int tap = 0; tap < window.taps(); tap++) {
            int pixel = window.pixel(row, tap);
            for (int c = 0; pixel >= 0 && c < channels; c++) {
                patch[tap * channels + c] = (int) pixels[pixel * channels + c] - zeroPoint;
            }
        }
        return patch;
    }

    /** The same of floats. */
    float[] floats(int row) {
        float[] patch = new float[window.taps() * channels];
        for (int tap = 0; tap < window.taps(); tap++) {
            int pixel = window.pixel(row, tap);
            if (pixel >= 0) {
                System.arraycopy(pixels, pixel * channels, patch, tap * channels, channels);
            }
        }
        return patch;
    }

    /** A weight as floats are multiplied by it. */
    float weight(int index, int output) {
        return bytes == null ? floats[index] : bytes[index] * weightScales[output];
    }
}
