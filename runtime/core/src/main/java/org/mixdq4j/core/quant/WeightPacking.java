package org.mixdq4j.core.quant;

import java.nio.ByteBuffer;
import java.util.stream.IntStream;
import org.mixdq4j.core.tensor.Tensor;

/**
 * Codes of fewer than 8 bits side by side: each output channel is a row of whole bytes, code i in bits
 * {@code [i * bits, (i + 1) * bits)} of the row counted from the least significant bit of its first byte, as two's
 * complement. (Of 4-bit codes the first lies in the low half of a byte, as in GGUF and PyTorch.)
 */
public final class WeightPacking {
    private WeightPacking() {}

    /** Bytes a row of {@code width} codes takes. */
    public static int rowBytes(int width, int bits) {
        return Math.toIntExact(((long) width * bits + 7) / 8);
    }

    /**
     * The codes of {@code integers}, one a byte, in their order.
     *
     * @param integers I8 [outputs, ...]
     * @throws IllegalArgumentException if an integer is no multiple of its group's multiplier or its code does not fit
     */
    public static byte[] codes(Tensor integers, WeightCode code) {
        int outputs = integers.shape().dim(0);
        int width = Math.toIntExact(integers.shape().elements() / outputs);
        int limit = 1 << code.bits() - 1;
        ByteBuffer bytes = integers.buffer();
        byte[] codes = new byte[outputs * width];
        for (int i = 0; i < codes.length; i++) {
            int multiplier = code.multiplier(i / width, i % width, width);
            int value = bytes.get(i) / multiplier;
            if (value * multiplier != bytes.get(i) || value < -limit || value >= limit) {
                throw new IllegalArgumentException("the integer " + bytes.get(i) + " has no code of " + code.bits()
                        + " bits with the multiplier " + multiplier);
            }
            codes[i] = (byte) value;
        }
        return codes;
    }

    /** Codes times multipliers, in place: the integers that products are made of. */
    public static void expand(byte[] codes, int outputs, WeightCode code) {
        if (code.group() == 0) {
            return;
        }
        int width = codes.length / outputs;
        int groups = code.groups(width);
        IntStream.range(0, outputs).parallel().forEach(output -> {
            int end = (output + 1) * width;
            for (int group = 0, at = output * width; group < groups; group++) {
                int multiplier = code.multipliers()[output * groups + group];
                for (int last = Math.min(end, at + code.group()); at < last; at++) {
                    codes[at] *= (byte) multiplier;
                }
            }
        });
    }

    /** @param codes [rows, width] of {@code bits} bits, one a byte */
    public static byte[] pack(byte[] codes, int rows, int bits) {
        int width = codes.length / rows;
        int rowBytes = rowBytes(width, bits);
        byte[] packed = new byte[rows * rowBytes];
        int mask = (1 << bits) - 1;
        IntStream.range(0, rows).parallel().forEach(row -> {
            int next = row * rowBytes;
            int held = 0;
            int count = 0;
            for (int i = row * width; i < (row + 1) * width; i++) {
                held |= (codes[i] & mask) << count;
                count += bits;
                while (count >= 8) {
                    packed[next++] = (byte) held;
                    held >>>= 8;
                    count -= 8;
                }
            }
            if (count > 0) {
                packed[next] = (byte) held;
            }
        });
        return packed;
    }

    /** What {@link #pack} was given. @param packed [rows, rowBytes] */
    public static byte[] unpack(ByteBuffer packed, int rows, int width, int bits) {
        int rowBytes = rowBytes(width, bits);
        byte[] codes = new byte[rows * width];
        if (bits == 4 && width % 2 == 0) {
            unpackFour(packed, rows, width, codes);
            return codes;
        }
        int mask = (1 << bits) - 1;
        int unused = 32 - bits;
        IntStream.range(0, rows).parallel().forEach(row -> {
            int next = row * rowBytes;
            int held = 0;
            int count = 0;
            for (int i = row * width; i < (row + 1) * width; i++) {
                while (count < bits) {
                    held |= Byte.toUnsignedInt(packed.get(next++)) << count;
                    count += 8;
                }
                codes[i] = (byte) ((held & mask) << unused >> unused);
                held >>>= bits;
                count -= bits;
            }
        });
        return codes;
    }

    /** The same of 4 bits and rows that end with a whole byte, which is most there are to read. */
    private static void unpackFour(ByteBuffer packed, int rows, int width, byte[] codes) {
        IntStream.range(0, rows).parallel().forEach(row -> {
            byte[] bytes = new byte[width / 2];
            packed.get(row * bytes.length, bytes);
            int start = row * width;
            for (int i = 0; i < bytes.length; i++) {
                codes[start + 2 * i] = (byte) (bytes[i] << 28 >> 28);
                codes[start + 2 * i + 1] = (byte) (bytes[i] >> 4);
            }
        });
    }
}
