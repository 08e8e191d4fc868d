package org.mixdq4j.cpu.product;

import static org.bytedeco.dnnl.global.dnnl.*;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.ShortBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Quantizer;
import org.mixdq4j.core.quant.Rotation;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.HalfFloats;
import org.mixdq4j.cpu.onednn.NativeMemory;
import org.mixdq4j.cpu.onednn.Resources;
import org.mixdq4j.cpu.session.Arena;

/**
 * The first token's row in float from integer weights: each number is cut into four digits of 8 bits, which are multiplied
 * as integers by the very weights of the other rows and put together in 64 bits,
 *
 * <pre>
 * x = s (2^24 d3 + 2^16 d2 + 2^8 d1 + d0 - 2^31),   s = max|x| / (2^31 - 2^8)
 * x . w = s (2^24 (d3 . w) + 2^16 (d2 . w) + 2^8 (d1 . w) + d0 . w - 2^31 (1 . w))
 * </pre>
 *
 * so that no float copy of the weights is needed. It is as exact as float32: the digits keep 31 bits of the largest number.
 *
 * <p>What a causal text encoder makes of the first token is the same for every text, so the row is mostly that of the run before: then
 * its result is kept, and the weights are not read again.
 */
final class FirstRow implements Resources.Native {
    private static final int DIGITS = 4;
    /** Rows of a sample: the digits, and ones. */
    private static final int ROWS = DIGITS + 1;

    private final Resources resources = new Resources();
    private final View input;
    private final FloatBuffer from;
    private final View output;
    private final FloatBuffer toFloats;
    private final ShortBuffer toHalves;
    private final Arena arena;
    private final List<Part> parts = new ArrayList<>();
    private final int samples;
    private final double[] sums;
    private final float[] bias;
    /** The row of each sample, and that of the last run whose result is known. */
    private final float[] rows;

    private final float[] known;
    /** What is written, by sample: floats or the bits of bfloat16. */
    private final float[] floats;

    private final short[] halves;
    private boolean kept;

    /** Outputs from {@code start} on, of the input channels of one segment. */
    private record Part(
            int channel,
            int channels,
            int start,
            float[] scales,
            Quantizer quantizer,
            float[] read,
            ByteBuffer digits,
            IntBuffer products,
            ProductTask.Portion kernel) {}

    /**
     * @param input F32 [B, 1, C]
     * @param output F32 or BF16 [B, T, outputs], whose row 0 of each sample is replaced
     * @param bias one an output, or null
     */
    FirstRow(View input, View output, float[] bias, Arena arena) {
        this.input = input;
        this.output = output;
        this.arena = arena;
        this.from = arena.buffer(input.value()).asFloatBuffer();
        this.samples = input.shape().dim(0);
        this.sums = new double[samples * output.columns()];
        this.bias = bias;
        this.rows = new float[samples * input.columns()];
        this.known = new float[rows.length];
        boolean half = output.value().type() == DType.BF16;
        ByteBuffer to = arena.buffer(output.value());
        this.toFloats = to.asFloatBuffer();
        this.toHalves = to.asShortBuffer();
        this.floats = new float[half ? 0 : sums.length];
        this.halves = new short[half ? sums.length : 0];
    }

    /**
     * @param product of the other rows
     * @param known its weights, of outputs from {@code start} on
     * @param rank axes of their kernel's matrices
     * @param quantizer of the other rows; what it does to channels before it rounds them is done to this row, too
     */
    void add(
            ProductTask.Portion product,
            LayerFacts.Integers known,
            int start,
            int rank,
            Quantizer quantizer,
            Scratch scratch) {
        int channels = known.to() - known.from();
        int outputs = known.outputs();
        RowsForm form = new RowsForm(ROWS * samples, outputs, rank);
        NativeMemory digits = resources.add(NativeMemory.filled(form.dense(dnnl_u8, channels), 1));
        NativeMemory products = resources.add(NativeMemory.zeros(form.dense(dnnl_s32, outputs)));
        ProductTask.Portion exact = resources.add(product.ofOtherRows(
                ROWS * samples,
                (rows, count) -> new Kernel.Plan(new RowsForm(rows, count, rank), arena)
                        .source(digits)
                        .columns(products, outputs),
                known,
                scratch));
        parts.add(new Part(
                known.from(),
                channels,
                start,
                known.weightScales(),
                quantizer,
                new float[channels],
                digits.buffer(),
                products.buffer().asIntBuffer(),
                exact));
    }

    /** To be called before the first part. @return whether parts have to be run: not if their rows are those of the run before */
    boolean begin() {
        for (int b = 0; b < samples; b++) {
            from.get(start(b), rows, b * input.columns(), input.columns());
        }
        if (kept && Arrays.equals(rows, known)) {
            return false;
        }
        kept = false;
        for (int b = 0; b < samples; b++) {
            Arrays.fill(sums, b * output.columns(), (b + 1) * output.columns(), 0);
            for (int i = 0; bias != null && i < bias.length; i++) {
                sums[b * bias.length + i] = bias[i];
            }
        }
        return true;
    }

    /** Where the row of a sample begins. */
    private int start(int sample) {
        return (int) (input.offset() + sample * input.strides().get(0));
    }

    /** Runs a part, right after the kernel it was added with. */
    void run(int index) {
        Part part = parts.get(index);
        double[] step = new double[samples];
        for (int b = 0; b < samples; b++) {
            step[b] = cut(part, b);
        }
        part.kernel.run();
        int width = part.scales.length;
        for (int b = 0; b < samples; b++) {
            int row = b * ROWS * width;
            for (int i = 0; i < width; i++) {
                long sum = -((long) part.products.get(row + DIGITS * width + i) << 31);
                for (int digit = 0; digit < DIGITS; digit++) {
                    sum += (long) part.products.get(row + digit * width + i) << Byte.SIZE * digit;
                }
                sums[b * output.columns() + part.start + i] += sum * step[b] * part.scales[i];
            }
        }
    }

    /** Writes the digits of one sample. @return what one of the lowest stands for */
    private double cut(Part part, int sample) {
        read(part, sample * input.columns() + part.channel);
        float largest = 0;
        for (float x : part.read) {
            largest = Math.max(largest, Math.abs(x));
        }
        // Not a number or infinite: so will be the row.
        double step = largest / (double) ((1L << 31) - 256);
        int row = sample * ROWS * part.channels;
        for (int i = 0; i < part.channels; i++) {
            long level = step == 0 ? 1L << 31 : Math.round(part.read[i] / step) + (1L << 31);
            for (int digit = 0; digit < DIGITS; digit++) {
                part.digits.put(row + digit * part.channels + i, (byte) (level >>> Byte.SIZE * digit));
            }
        }
        return step;
    }

    private void read(Part part, int start) {
        System.arraycopy(rows, start, part.read, 0, part.channels);
        if (part.quantizer.factors().isPresent()) {
            float[] factors = part.quantizer.factors().get();
            for (int i = 0; i < factors.length; i++) {
                part.read[i] *= factors[i];
            }
        }
        Rotation.apply(part.read, 0, part.read.length, part.quantizer.rotation());
    }

    /** Replaces the rows. @param run whether the parts were run */
    void finish(boolean run) {
        if (run) {
            keep();
        }
        for (int b = 0; b < samples; b++) {
            int start = (int) (output.offset() + b * output.strides().get(0));
            int columns = output.columns();
            if (floats.length > 0) {
                toFloats.put(start, floats, b * columns, columns);
            } else {
                toHalves.put(start, halves, b * columns, columns);
            }
        }
    }

    private void keep() {
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) sums[i];
        }
        for (int i = 0; i < halves.length; i++) {
            halves[i] = HalfFloats.toBf16((float) sums[i]);
        }
        System.arraycopy(rows, 0, known, 0, rows.length);
        kept = true;
    }

    @Override
    public void close() {
        resources.close();
    }
}
