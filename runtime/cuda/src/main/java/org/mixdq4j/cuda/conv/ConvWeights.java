package org.mixdq4j.cuda.conv;

import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.mixdq4j.core.lower.step.Product;
import org.mixdq4j.core.lower.weights.JoinedLayers;
import org.mixdq4j.core.quant.IntegerLayers;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.cuda.bind.Binder;
import org.mixdq4j.cuda.bind.Constants;
import org.mixdq4j.cuda.weights.TapOrder;

/** A convolution's weights as {@code conv.cuh} describes them. */
final class ConvWeights {
    /** What products of packed codes are too large by: a code is multiplied in the upper half of a byte. */
    private static final int CODE_UNIT = ConvOperand.CODE_UNIT;

    private static final int RUN = Unpack.RUN;
    private static final int HALF = 16;
    private static final int CODE_MASK = 15;
    private static final int CODE_BITS = 4;
    /** Integers that are no codes. */
    private static final int NO_CODES = -1;

    private record Key(String what, String layer, int segment, Storage storage) {}

    private final Product step;
    private final Binder binder;
    private final Storage storage;
    private final List<Integer> groups;
    private JoinedLayers joined;

    /** @param groups of {@link #groups} */
    ConvWeights(Product step, Binder binder, Storage storage, List<Integer> groups) {
        this.step = step;
        this.binder = binder;
        this.storage = storage;
        this.groups = groups;
    }

    /**
     * Weights of a group, by segment: 0 for none, negative where integers are no codes of 4 bits in runs of 32 channels.
     *
     * @param known of layers that were asked for before
     */
    static List<Integer> groups(Product step, Binder binder, Map<String, List<Integer>> known) {
        String id = step.layers().get(0);
        boolean fourBits = binder.layers()
                .form(id)
                .map(form -> form.integer() && form.weightBits() == CODE_BITS)
                .orElse(false);
        if (!fourBits || step.inputs().stream().anyMatch(input -> input.from().columns() % RUN != 0)) {
            return Collections.nCopies(step.inputs().size(), NO_CODES);
        }
        return known.computeIfAbsent(id, any -> binder.layers().quantized(id).orElseThrow().segments().stream()
                .map(segment ->
                        segment.code().bits() == CODE_BITS ? segment.code().group() : NO_CODES)
                .toList());
    }

    /** Weights that share a multiplier, 0 for none. */
    int group(int segment) {
        return groups.get(segment);
    }

    private boolean scaled() {
        return storage == Storage.CODES;
    }

    /** Of groups, u8 [outputs][groups]. */
    long multipliers(int segment) {
        return constant("multipliers", segment, () -> {
            byte[] multipliers = joined().segment(segment).code().multipliers();
            return ByteBuffer.allocateDirect(multipliers.length)
                    .put(multipliers)
                    .flip();
        });
    }

    /** Integers of a segment: s8 [outputs][taps][channels], or codes. */
    long integers(int segment) {
        return constant("integers", segment, () -> {
            Segment stored = joined().segment(segment);
            int channels = stored.to() - stored.from();
            return storage == Storage.BYTES
                    ? TapOrder.bytes(stored.weight(), 0, channels)
                    : pack(TapOrder.bytes(codes(stored), 0, channels));
        });
    }

    private static Tensor codes(Segment segment) {
        if (segment.code().group() == 0) {
            return segment.weight();
        }
        Tensor codes = Tensor.zeros(DType.I8, segment.weight().shape());
        int outputs = codes.shape().dim(0);
        int width = Math.toIntExact(codes.shape().elements() / outputs);
        for (int i = 0; i < outputs * width; i++) {
            int multiplier = segment.code().multiplier(i / width, i % width, width);
            codes.buffer().put(i, (byte) (segment.weight().buffer().get(i) / multiplier));
        }
        return codes;
    }

    /** Of 32 consecutive codes byte i holds code i in its low half and code i + 16 in its high half. */
    static ByteBuffer pack(ByteBuffer codes) {
        ByteBuffer out = ByteBuffer.allocateDirect(codes.capacity() / 2);
        for (int i = 0; i < out.capacity(); i++) {
            int at = i / HALF * RUN + i % HALF;
            out.put(i, (byte) (codes.get(at) & CODE_MASK | codes.get(at + HALF) << CODE_BITS));
        }
        return out;
    }

    /** Weights of input channels {@code [from, to)} as halves; integers are dequantized. */
    long halves(int segment, int from, int to, DType type) {
        return constant(
                type + " from " + from, segment, () -> TapOrder.floats(joined().floats(from, to), 0, to - from, type));
    }

    /** From sums to real units; [outputs]. */
    long scales(int segment) {
        return constant("scales", segment, () -> {
            Segment stored = joined().segment(segment);
            float[] scales = IntegerLayers.outputScales(stored);
            for (int i = 0; i < scales.length; i++) {
                scales[i] /= scaled() ? CODE_UNIT : 1;
            }
            return Constants.buffer(scales);
        });
    }

    /** Zero point times the sum of weights: of all taps, or for a 3x3 window of those inside, [16][outputs]. */
    long corrections(int segment) {
        return constant("corrections", segment, () -> {
            Segment stored = joined().segment(segment);
            return Constants.buffer(corrections(stored.weight(), stored.zeroPoint() * (scaled() ? CODE_UNIT : 1)));
        });
    }

    /** @param weight I8 [outputs, channels, height, width] */
    static int[] corrections(Tensor weight, int zeroPoint) {
        int outputs = weight.shape().dim(0);
        int channels = weight.shape().dim(1);
        int taps = TapOrder.taps(weight);
        int classes = taps == 9 ? ConvLayout.BORDERS : 1;
        int[] table = new int[classes * outputs];
        ByteBuffer bytes = weight.buffer();
        for (int output = 0; output < outputs; output++) {
            for (int tap = 0; tap < taps; tap++) {
                int sum = 0;
                for (int channel = 0; channel < channels; channel++) {
                    sum += bytes.get((output * channels + channel) * taps + tap);
                }
                for (int border = 0; border < classes; border++) {
                    if (inside(border, tap)) {
                        table[border * outputs + output] += zeroPoint * sum;
                    }
                }
            }
        }
        return table;
    }

    /** Bits 0 and 1 of a border: the left and right column lie outside; 2 and 3: the upper and lower row. */
    private static boolean inside(int border, int tap) {
        int row = tap / 3;
        int column = tap % 3;
        return !((border & 1) != 0 && column == 0
                || (border & 2) != 0 && column == 2
                || (border & 4) != 0 && row == 0
                || (border & 8) != 0 && row == 2);
    }

    /** [outputs]; zeros where there is none. */
    long bias() {
        return constant("bias", 0, () -> {
            float[] bias = step.op().bias() ? joined().bias() : null;
            return Constants.buffer(bias == null ? new float[step.op().outputs()] : bias);
        });
    }

    /** Read once, as long as this is planned. */
    private JoinedLayers joined() {
        if (joined == null) {
            joined = new JoinedLayers(step.layers(), binder.layers());
        }
        return joined;
    }

    private long constant(String what, int segment, Supplier<ByteBuffer> maker) {
        return binder.constant(new Key("convolution " + what, step.layers().get(0), segment, storage), maker);
    }
}
