package org.mixdq4j.cuda.gemm;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.quant.WeightCode;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.HalfFloats;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.cuda.finish.Finish;

/** Weights as {@code gemm.cuh} reads them. {@code order[n]}: the layer's output that becomes row n. */
final class Packing {
    private static final int BLOCK = Form.BLOCK;
    private static final float LARGEST_F16 = 65504;

    private static final byte NO_CODE = 127;
    /** By multiplier and byte: the code that the byte stands for. */
    private static final byte[][] CODES = new byte[WeightCode.maxMultiplier(2) + 1][256];

    static {
        for (int multiplier = 1; multiplier < CODES.length; multiplier++) {
            Arrays.fill(CODES[multiplier], NO_CODE);
            for (int code = -8; code < 8; code++) {
                int integer = code * multiplier;
                if (integer == (byte) integer) {
                    CODES[multiplier][integer & 255] = (byte) code;
                }
            }
        }
    }

    private Packing() {}

    /** Outputs as they are. */
    static int[] plain(int outputs) {
        return IntStream.range(0, outputs).toArray();
    }

    /** Four values, their gates, the next four values, ... */
    static int[] geGlu(int outputs) {
        return IntStream.range(0, outputs)
                .map(row -> (row % 8 < 4 ? 0 : outputs / 2) + row / 8 * 4 + row % 4)
                .toArray();
    }

    /** s8 [N, K]. */
    static ByteBuffer bytes(Segment segment, int[] order) {
        int width = segment.to() - segment.from();
        ByteBuffer packed = direct((long) order.length * width);
        ByteBuffer weight = segment.weight().buffer();
        IntStream.range(0, order.length)
                .parallel()
                .forEach(row -> packed.put(row * width, weight, order[row] * width, width));
        return packed;
    }

    /** 4-bit codes, u8 [N/64][K/64][2048]. */
    static ByteBuffer codes(Segment segment, int[] order) {
        int width = segment.to() - segment.from();
        int blocks = (order.length + BLOCK - 1) / BLOCK;
        ByteBuffer packed = direct((long) blocks * (width / BLOCK) * Form.BLOCK_BYTES);
        IntStream.range(0, blocks * 4).parallel().forEach(part -> sixteen(segment, order, part, packed));
        return packed;
    }

    /** Outputs {@code [16 part, 16 part + 16)} of all inputs. */
    private static void sixteen(Segment segment, int[] order, int part, ByteBuffer packed) {
        int width = segment.to() - segment.from();
        byte[][] nibbles = new byte[16][];
        for (int i = 0; i < 16; i++) {
            int row = part * 16 + i;
            nibbles[i] = row < order.length ? nibbles(segment, order[row], width) : new byte[width];
        }
        byte[] block = new byte[512];
        for (int k = 0; k < width; k += BLOCK) {
            for (int i = 0; i < 16; i++) {
                byte[] row = nibbles[i];
                for (int quad = 0; quad < 8; quad++) {
                    int low = k + quad / 4 * 32 + quad % 4 * 4;
                    int at = (i % 8 * 4 + quad % 4) * 16 + (quad / 4 * 2 + i / 8) * 4;
                    for (int j = 0; j < 4; j++) {
                        block[at + j] = (byte) (row[low + j] | row[low + 16 + j] << 4);
                    }
                }
            }
            packed.put((part / 4 * (width / BLOCK) + k / BLOCK) * Form.BLOCK_BYTES + part % 4 * block.length, block);
        }
    }

    private static byte[] nibbles(Segment segment, int output, int width) {
        byte[] row = new byte[width];
        segment.weight().buffer().get(output * width, row);
        boolean grouped = segment.code().group() > 0;
        int each = grouped ? segment.code().group() : width;
        for (int from = 0; from < width; from += each) {
            int multiplier = segment.code().multiplier(output, from, width);
            byte[] codes = CODES[multiplier];
            for (int i = from; i < Math.min(width, from + each); i++) {
                byte code = codes[row[i] & 255];
                if (code == NO_CODE) {
                    throw new IllegalArgumentException(
                            "the integer " + row[i] + " has no 4-bit code with the multiplier " + multiplier);
                }
                row[i] = (byte) (grouped ? code + 8 : code & 15);
            }
        }
        return row;
    }

    /** u8 [N/64][groups][64]. */
    static ByteBuffer multipliers(Segment segment, int[] order) {
        int groups = segment.code().groups(segment.to() - segment.from());
        int blocks = (order.length + BLOCK - 1) / BLOCK;
        ByteBuffer packed = direct((long) blocks * groups * BLOCK);
        for (int row = 0; row < blocks * BLOCK; row++) {
            int within = row % BLOCK;
            int place = within / 16 * 16 + within % 8 * 2 + within / 8 % 2;
            for (int group = 0; group < groups; group++) {
                byte multiplier = row < order.length ? segment.code().multipliers()[order[row] * groups + group] : 1;
                packed.put((row / BLOCK * groups + group) * BLOCK + place, multiplier);
            }
        }
        return packed;
    }

    /** What is taken from each sum, s32 [N]. @param factor what the product sees of a weight of 1 */
    static ByteBuffer corrections(Segment segment, int[] order, int factor) {
        int width = segment.to() - segment.from();
        ByteBuffer weight = segment.weight().buffer();
        int[] corrections = new int[order.length];
        IntStream.range(0, order.length).parallel().forEach(row -> {
            byte[] values = new byte[width];
            weight.get(order[row] * width, values);
            int sum = 0;
            for (byte value : values) {
                sum += value;
            }
            corrections[row] = segment.zeroPoint() * factor * sum;
        });
        ByteBuffer packed = direct((long) corrections.length * Integer.BYTES);
        packed.asIntBuffer().put(corrections);
        return packed;
    }

    /** F32 [N], values reordered and multiplied. */
    static ByteBuffer floats(float[] values, int[] order, float factor) {
        float[] reordered = new float[order.length];
        for (int row = 0; row < order.length; row++) {
            reordered[row] = values[order[row]] * factor;
        }
        ByteBuffer packed = direct((long) reordered.length * Float.BYTES);
        packed.asFloatBuffer().put(reordered);
        return packed;
    }

    /**
     * Rows {@code [first, first + order.length)} of [N, K] of 16 bits.
     *
     * @param layer for people
     * @param type number of F16 or BF16
     */
    static void halves(String layer, Tensor floats, int[] order, int type, ByteBuffer packed, int first) {
        int width = Math.toIntExact(floats.shape().elements() / order.length);
        boolean f16 = type == Finish.type(DType.F16);
        double largest = IntStream.range(0, order.length)
                .parallel()
                .mapToDouble(row -> {
                    float[] values = new float[width];
                    floats.floats().duplicate().get(order[row] * width, values);
                    float most = 0;
                    for (int i = 0; i < width; i++) {
                        most = Math.max(most, Math.abs(values[i]));
                        packed.putShort(
                                ((first + row) * width + i) * Short.BYTES,
                                f16 ? HalfFloats.toF16(values[i]) : HalfFloats.toBf16(values[i]));
                    }
                    return most;
                })
                .max()
                .orElse(0);
        if (f16 && largest > LARGEST_F16) {
            throw new MixdqException("A weight of '" + layer + "' has the magnitude " + largest
                    + ", which FP16 cannot hold: its largest number is 65504. Compute in BF16 or FP32.");
        }
    }

    static ByteBuffer direct(long bytes) {
        return ByteBuffer.allocateDirect(Math.toIntExact(bytes)).order(ByteOrder.LITTLE_ENDIAN);
    }
}
