package org.mixdq4j.cuda.attention;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Locale;
import org.mixdq4j.core.tensor.HalfFloats;
import org.mixdq4j.cuda.device.Arguments;
import org.mixdq4j.cuda.device.Geometry;
import org.mixdq4j.cuda.device.Kernel;
import org.mixdq4j.cuda.device.Parameter;
import org.mixdq4j.cuda.device.host.HostMemory;
import org.mixdq4j.cuda.device.host.Twin;
import org.mixdq4j.cuda.finish.FinishTwin;

/** Attention of the queries of a grid's blocks, sums in double. */
final class AttentionTwin implements Twin {
    /** One sample's rows of one head. */
    private record Rows(float[] values, int width) {
        float at(int row, int column) {
            return values[row * width + column];
        }
    }

    @Override
    public void run(HostMemory memory, Kernel kernel, Geometry geometry, List<Parameter> parameters) {
        Arguments arguments = (Arguments) parameters.get(0);
        FinishTwin finish = new FinishTwin(memory, kernel, arguments, "finish");
        boolean plain = kernel.entry().equals(PlainAttention.ENTRY);
        int each = geometry.threads() / 32 * (plain ? kernel.number("ROWS") : 16 * kernel.number("TILES"));
        int queries = Math.min(arguments.s32("queries"), geometry.x() * each);
        int keys = arguments.s32("keys");
        for (int sample = 0; sample < geometry.z(); sample++) {
            for (int head = 0; head < geometry.y(); head++) {
                Rows query = rows(memory, arguments, kernel, plain, "Q", sample, head, queries);
                Rows key = rows(memory, arguments, kernel, plain, "K", sample, head, keys);
                Rows value = rows(memory, arguments, kernel, plain, "V", sample, head, keys);
                for (int row = 0; row < queries; row++) {
                    float[] bias = kernel.number("BIAS") == 1
                            ? FinishTwin.floats(
                                    memory,
                                    kernel.number("TYPE_BIAS"),
                                    arguments.pointer("bias"),
                                    ((long) head * arguments.s32("queries") + row) * keys,
                                    keys)
                            : null;
                    int visible = kernel.number("CAUSAL") == 1 ? Math.min(keys, row + 1) : keys;
                    float[] out = attend(query, row, key, value, bias, visible, arguments.f32("scale"));
                    finish.row(out, sample * arguments.s32("queries") + row, head * query.width);
                }
            }
        }
    }

    private static float[] attend(Rows query, int row, Rows key, Rows value, float[] bias, int visible, float scale) {
        double[] scores = new double[visible];
        double largest = Double.NEGATIVE_INFINITY;
        for (int k = 0; k < visible; k++) {
            double score = 0;
            for (int c = 0; c < query.width; c++) {
                score += (double) query.at(row, c) * key.at(k, c);
            }
            scores[k] = score * scale + (bias == null ? 0 : bias[k]);
            largest = Math.max(largest, scores[k]);
        }
        double total = 0;
        double[] sums = new double[query.width];
        for (int k = 0; k < visible; k++) {
            double weight = Math.exp(scores[k] - largest);
            total += weight;
            for (int c = 0; c < query.width; c++) {
                sums[c] += weight * value.at(k, c);
            }
        }
        float[] out = new float[query.width];
        for (int c = 0; c < query.width; c++) {
            out[c] = (float) (sums[c] / total);
        }
        return out;
    }

    private static Rows rows(
            HostMemory memory,
            Arguments arguments,
            Kernel kernel,
            boolean plain,
            String which,
            int sample,
            int head,
            int count) {
        int type = kernel.number(plain ? "TYPE_" + which : "FLOATS");
        int bytes = type == 0 ? Float.BYTES : Short.BYTES;
        int width = arguments.s32("width");
        long pitch = arguments.s32("pitch" + which);
        long start = arguments.pointer(which.toLowerCase(Locale.ROOT))
                + (sample * arguments.s64("batch" + which) + (long) head * width) * bytes;
        float[] values = new float[count * width];
        for (int row = 0; row < count; row++) {
            ByteBuffer from = memory.bytes(start + row * pitch * bytes, (long) width * bytes);
            for (int c = 0; c < width; c++) {
                values[row * width + c] = switch (type) {
                    case 0 -> from.getFloat(c * bytes);
                    case 1 -> HalfFloats.fromF16(from.getShort(c * bytes));
                    default -> HalfFloats.fromBf16(from.getShort(c * bytes));
                };
            }
        }
        return new Rows(values, width);
    }
}
