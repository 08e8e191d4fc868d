package org.mixdq4j.cuda.attention;

import java.util.List;
import java.util.Locale;
import org.mixdq4j.cuda.device.Arguments;
import org.mixdq4j.cuda.device.Geometry;
import org.mixdq4j.cuda.device.Kernel;
import org.mixdq4j.cuda.device.Parameter;
import org.mixdq4j.cuda.device.host.HostMemory;
import org.mixdq4j.cuda.finish.FinishTwin;

/** {@code attention_wide.cu} in plain Java. */
final class WideTwins {
    private static final int TILE = 64;

    private WideTwins() {}

    static void pack(HostMemory memory, Kernel kernel, Geometry geometry, List<Parameter> parameters) {
        Arguments arguments = (Arguments) parameters.get(0);
        int width = arguments.s32("width");
        int padded = arguments.s32("padded");
        int heads = arguments.s32("heads");
        int rows = Math.min(padded, geometry.x() * TILE);
        int columns = Math.min(width, geometry.y() * TILE);
        for (int one = 0; one < geometry.z(); one++) {
            long own = (long) one * padded * width;
            for (int row = 0; row < rows; row++) {
                for (int column = 0; column < columns; column++) {
                    long at = (long) one % heads * width + column;
                    copy(memory, arguments, "K", one / heads, row, at, "keys", own + (long) row * width + column);
                    copy(memory, arguments, "V", one / heads, row, at, "values", own + (long) column * padded + row);
                }
            }
        }
    }

    private static void copy(
            HostMemory memory, Arguments arguments, String from, int sample, int row, long column, String to, long at) {
        long element = sample * arguments.s64("batch" + from) + (long) row * arguments.s32("pitch" + from) + column;
        long source = arguments.pointer(from.toLowerCase(Locale.ROOT)) + Short.BYTES * element;
        short half =
                row < arguments.s32("rows") ? memory.bytes(source, Short.BYTES).getShort() : 0;
        memory.bytes(arguments.pointer(to) + Short.BYTES * at, Short.BYTES).putShort(half);
    }

    static void softmax(HostMemory memory, Kernel kernel, Geometry geometry, List<Parameter> parameters) {
        Arguments arguments = (Arguments) parameters.get(0);
        int padded = arguments.s32("padded");
        int keys = arguments.s32("keys");
        float scale = arguments.f32("scale");
        for (int row = 0; row < geometry.x(); row++) {
            float[] scores = memory.floats(arguments.pointer("scores") + (long) Float.BYTES * row * padded, padded);
            double largest = Double.NEGATIVE_INFINITY;
            for (int key = 0; key < keys; key++) {
                largest = Math.max(largest, (double) scores[key] * scale);
            }
            double sum = 0;
            double[] weights = new double[padded];
            for (int key = 0; key < keys; key++) {
                weights[key] = Math.exp((double) scores[key] * scale - largest);
                sum += weights[key];
            }
            for (int key = 0; key < padded; key++) {
                float weight = (float) (weights[key] / sum);
                FinishTwin.setFloat(
                        memory,
                        kernel.number("FLOATS"),
                        arguments.pointer("weights"),
                        (long) row * padded + key,
                        key < keys ? weight : 0);
            }
        }
    }
}
