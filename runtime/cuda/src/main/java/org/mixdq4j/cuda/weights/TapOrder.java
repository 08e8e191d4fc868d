package org.mixdq4j.cuda.weights;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.HalfFloats;
import org.mixdq4j.core.tensor.Tensor;

/**
 * From [outputs, inputs, kernel height, kernel width] (a Linear's: [outputs, inputs]), as checkpoints hold weights, to
 * [outputs][taps][channels]: the channels of a tap lie together, as those of a pixel do.
 */
public final class TapOrder {
    private TapOrder() {}

    /** Kernel height times kernel width. */
    public static int taps(Tensor weight) {
        return Math.toIntExact(weight.shape().elements()
                / weight.shape().dim(0)
                / weight.shape().dim(1));
    }

    /** Input channels {@code [from, to)} of bytes. Direct, to be read from its start. */
    public static ByteBuffer bytes(Tensor weight, int from, int to) {
        int width = to - from;
        int taps = taps(weight);
        int outputs = weight.shape().dim(0);
        int inputs = weight.shape().dim(1);
        ByteBuffer source = weight.buffer();
        ByteBuffer packed = ByteBuffer.allocateDirect(Math.multiplyExact(outputs * taps, width));
        for (int output = 0; output < outputs; output++) {
            for (int channel = 0; channel < width; channel++) {
                int at = (output * inputs + from + channel) * taps;
                for (int tap = 0; tap < taps; tap++) {
                    packed.put((output * taps + tap) * width + channel, source.get(at + tap));
                }
            }
        }
        return packed;
    }

    /** From [outputs][...] to [...][outputs], elements of so many bytes. */
    public static ByteBuffer outputsLast(ByteBuffer packed, int outputs, int bytes) {
        int each = packed.remaining() / outputs / bytes;
        ByteBuffer moved = ByteBuffer.allocateDirect(packed.remaining()).order(ByteOrder.LITTLE_ENDIAN);
        for (int output = 0; output < outputs; output++) {
            for (int i = 0; i < each; i++) {
                moved.put((i * outputs + output) * bytes, packed, (output * each + i) * bytes, bytes);
            }
        }
        return moved;
    }

    /** Input channels {@code [from, to)} of an F32 weight as floats of another type. */
    public static ByteBuffer floats(Tensor weight, int from, int to, DType type) {
        int width = to - from;
        int taps = taps(weight);
        int outputs = weight.shape().dim(0);
        int inputs = weight.shape().dim(1);
        ByteBuffer packed = ByteBuffer.allocateDirect(Math.multiplyExact(outputs * taps * width, type.bytes()))
                .order(ByteOrder.LITTLE_ENDIAN);
        for (int output = 0; output < outputs; output++) {
            for (int tap = 0; tap < taps; tap++) {
                for (int channel = from; channel < to; channel++) {
                    float x = weight.floats().get((output * inputs + channel) * taps + tap);
                    switch (type) {
                        case F32 -> packed.putFloat(x);
                        case F16 -> packed.putShort(HalfFloats.toF16(x));
                        case BF16 -> packed.putShort(HalfFloats.toBf16(x));
                        default -> throw new IllegalArgumentException("floats of type " + type);
                    }
                }
            }
        }
        return packed.flip();
    }
}
