package org.mixdq4j.cpu.onednn;

import static org.bytedeco.dnnl.global.dnnl.dnnl_f32;
import static org.bytedeco.dnnl.global.dnnl.dnnl_u8;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;
import org.mixdq4j.core.quant.AffineParams;
import org.mixdq4j.core.quant.InputQuant;
import org.mixdq4j.core.quant.Rotation;
import org.mixdq4j.core.quant.TokenParams;
import org.mixdq4j.core.tensor.Shape;

/**
 * Quantizes rows whose channels have factors or are rotated or that have scales of their own. A row is multiplied, measured and rounded
 * while it is in the processor's cache; oneDNN would pass over the whole input once for each of that.
 */
final class RowQuantizer implements PartQuantizer {
    private static final int PROCESSORS = Runtime.getRuntime().availableProcessors();
    private static final int MAGNITUDE = 0x7FFFFFFF;
    /** 1.5 * 2^23: a number of fewer than 22 bits added to it is rounded half to even, into the lowest bits. */
    private static final float ROUNDER = 12582912f;

    private final Resources resources = new Resources();
    private final int rows;
    private final int features;
    private final int from;
    private final int width;
    private final InputQuant params;
    private final float[] factors;
    private final int rotation;
    private final NativeMemory levels;
    private final NativeMemory scales;
    private final int tasks;

    RowQuantizer(Shape shape, QuantizedActivation.Part part) {
        if (shape.rank() != 2) {
            throw new IllegalArgumentException("expected [rows, features], found " + shape);
        }
        rows = shape.dim(0);
        features = shape.dim(1);
        from = part.from();
        width = part.to() - part.from();
        params = part.params();
        rotation = part.rotation();
        factors = part.factors()
                .map(held -> {
                    float[] copy = new float[width];
                    held.get(0, copy);
                    return copy;
                })
                .orElse(null);
        levels = resources.add(NativeMemory.detached(NativeMemory.rowMajor(dnnl_u8, rows, width)));
        scales = params instanceof TokenParams
                ? resources.add(NativeMemory.zeros(NativeMemory.rowMajor(dnnl_f32, rows, 1)))
                : null;
        tasks = OpenMp.worthDividingCopy(levels) ? Math.min(rows, 4 * PROCESSORS) : 1;
    }

    @Override
    public void run(ByteBuffer input, Workspace.Block to, long offset, Workspace.Block scratch) {
        levels.attach(to.memory(), offset, levels.bytes());
        FloatBuffer values = input.slice().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
        ByteBuffer out = levels.buffer();
        FloatBuffer outScales =
                scales == null ? FloatBuffer.allocate(rows) : scales.buffer().asFloatBuffer();
        if (tasks == 1) {
            quantize(0, rows, values, out, outScales);
            return;
        }
        IntStream.range(0, tasks)
                .parallel()
                .forEach(task -> quantize(
                        (int) ((long) rows * task / tasks),
                        (int) ((long) rows * (task + 1) / tasks),
                        values,
                        out,
                        outScales));
    }

    private void quantize(int first, int last, FloatBuffer values, ByteBuffer out, FloatBuffer outScales) {
        float[] row = new float[width];
        byte[] integers = new byte[width];
        for (int r = first; r < last; r++) {
            values.get(r * features + from, row);
            if (factors != null) {
                multiply(row, factors);
            }
            Rotation.apply(row, 0, width, rotation);
            if (params instanceof TokenParams token) {
                float scale = token.scale(largest(row));
                outScales.put(r, scale);
                round(row, scale, token.zeroPoint(), integers);
            } else {
                round(row, (AffineParams) params, integers);
            }
            out.put(r * width, integers);
        }
    }

    private static void multiply(float[] row, float[] factors) {
        for (int i = 0; i < row.length; i++) {
            row[i] *= factors[i];
        }
    }

    /** As {@link TokenParams#largest}. Bits of magnitudes are in the order of the magnitudes, NaN above infinity. */
    private static float largest(float[] row) {
        int a = 0;
        int b = 0;
        int c = 0;
        int d = 0;
        int i = 0;
        for (; i + 4 <= row.length; i += 4) {
            a = Math.max(a, Float.floatToRawIntBits(row[i]) & MAGNITUDE);
            b = Math.max(b, Float.floatToRawIntBits(row[i + 1]) & MAGNITUDE);
            c = Math.max(c, Float.floatToRawIntBits(row[i + 2]) & MAGNITUDE);
            d = Math.max(d, Float.floatToRawIntBits(row[i + 3]) & MAGNITUDE);
        }
        for (; i < row.length; i++) {
            a = Math.max(a, Float.floatToRawIntBits(row[i]) & MAGNITUDE);
        }
        return Float.intBitsToFloat(Math.max(Math.max(a, b), Math.max(c, d)));
    }

    /** As {@link TokenParams#quantize}, of which nothing is ever clamped: the scale is that of the largest magnitude. */
    private static void round(float[] row, float scale, int zeroPoint, byte[] out) {
        float inverse = 1f / scale;
        if (Float.isNaN(inverse)) {
            Arrays.fill(out, (byte) 0);
            return;
        }
        for (int i = 0; i < row.length; i++) {
            float level = row[i] * inverse + zeroPoint;
            out[i] = (byte) Float.floatToRawIntBits(level + ROUNDER);
        }
    }

    private static void round(float[] row, AffineParams params, byte[] out) {
        for (int i = 0; i < row.length; i++) {
            out[i] = (byte) params.quantize(row[i]);
        }
    }

    @Override
    public NativeMemory levels() {
        return levels;
    }

    @Override
    public Optional<NativeMemory> rowScales() {
        return Optional.ofNullable(scales);
    }

    @Override
    public String implementation() {
        return "rows";
    }

    @Override
    public void close() {
        resources.close();
    }
}
