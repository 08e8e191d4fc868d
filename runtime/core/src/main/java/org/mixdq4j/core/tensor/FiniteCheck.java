package org.mixdq4j.core.tensor;

import java.nio.ByteBuffer;
import java.nio.LongBuffer;

/**
 * Looks for infinity and NaN: floats whose exponent is all ones. As many at a time as fit 64 bits: what is left of each but its
 * exponent, and one more at its lowest place, carries into the sign's place just where the exponent is all ones.
 */
final class FiniteCheck {
    /** Longs looked at between two looks at what was found. */
    private static final int CHUNK = 1 << 13;

    private FiniteCheck() {}

    /** @param values little endian, all of {@code type} */
    static boolean passes(ByteBuffer values, DType type) {
        long exponents = repeated(exponent(type), type);
        long ones = repeated(Long.lowestOneBit(exponent(type)), type);
        long carries = repeated(1L << 8 * type.bytes() - 1, type);
        LongBuffer longs = values.asLongBuffer();
        long[] chunk = new long[Math.min(CHUNK, longs.remaining())];
        while (longs.hasRemaining()) {
            int count = Math.min(chunk.length, longs.remaining());
            longs.get(chunk, 0, count);
            long sums = 0;
            for (int i = 0; i < count; i++) {
                sums |= (chunk[i] & exponents) + ones;
            }
            if ((sums & carries) != 0) {
                return false;
            }
        }
        long last = 0;
        for (int at = values.limit() - 1; at >= values.limit() / Long.BYTES * Long.BYTES; at--) {
            last = last << Byte.SIZE | values.get(at) & 0xFF;
        }
        return ((last & exponents) + ones & carries) == 0;
    }

    private static long exponent(DType type) {
        return switch (type) {
            case F64 -> 0x7FF0_0000_0000_0000L;
            case F32 -> 0x7F80_0000L;
            case F16 -> 0x7C00L;
            case BF16 -> 0x7F80L;
            default -> throw new IllegalStateException("elements of type " + type + " have no exponent");
        };
    }

    private static long repeated(long bits, DType type) {
        long all = bits;
        for (int width = 8 * type.bytes(); width < Long.SIZE; width *= 2) {
            all |= all << width;
        }
        return all;
    }
}
