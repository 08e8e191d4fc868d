package org.mixdq4j.cpu.packed;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.stream.LongStream;

/** The integers of a weight, in some order, held as packed codes and multipliers. May be expanded by one thread at a time. */
public final class PackedIntegers {
    /**
     * Weights of a layer from which on it pays to pack them. Smaller ones are no burden on memory, but to expand them may
     * take as long as their product.
     */
    public static final int WORTHWHILE = 1 << 16;

    /** Chunks from which on the work is divided: one core needs some hundred microseconds for them. */
    private static final int DIVIDED = 192;

    private static final int PROCESSORS = Runtime.getRuntime().availableProcessors();

    private final int count;
    private final int bits;
    private final Multipliers multipliers;
    private final LongBuffer packed;

    private PackedIntegers(int count, int bits, Multipliers multipliers, ByteBuffer storage) {
        this.count = count;
        this.bits = bits;
        this.multipliers = multipliers;
        this.packed = storage.order(ByteOrder.LITTLE_ENDIAN).asLongBuffer();
    }

    /** Whether weights of this size and codes of these bits are to be held packed. */
    public static boolean worthwhile(long weights, int bits) {
        return bits < 8 && weights >= WORTHWHILE;
    }

    /**
     * Packs signed bytes.
     *
     * @param integers from position to limit
     * @param storage makes direct memory of the bytes asked for, which this uses from then on
     * @return empty if one of them is no code of {@code bits} bits times its multiplier
     */
    public static Optional<PackedIntegers> pack(
            ByteBuffer integers, int bits, Multipliers multipliers, IntFunction<ByteBuffer> storage) {
        int count = integers.remaining();
        PackedIntegers packed = new PackedIntegers(count, bits, multipliers, storage.apply(storageBytes(count, bits)));
        return packed.fill(integers.slice()) ? Optional.of(packed) : Optional.empty();
    }

    /** Bytes of memory that so many codes take. */
    static int storageBytes(int count, int bits) {
        return Math.multiplyExact(chunks(count), CodeChunk.packedLongs(bits) * Long.BYTES);
    }

    /** Writes the integers to {@code to}, from its position on. */
    public void expand(ByteBuffer to) {
        ByteBuffer bytes = to.slice().order(ByteOrder.LITTLE_ENDIAN);
        int chunks = chunks(count);
        if (chunks < DIVIDED || PROCESSORS == 1) {
            expand(0, chunks, bytes);
            return;
        }
        long tasks = 4L * PROCESSORS;
        LongStream.range(0, tasks)
                .parallel()
                .forEach(task -> expand((int) (chunks * task / tasks), (int) (chunks * (task + 1) / tasks), bytes));
    }

    /** Bytes held, those of the multipliers included. */
    public long bytes() {
        return storageBytes(count, bits) + multipliers.bytes();
    }

    private void expand(int from, int to, ByteBuffer out) {
        LongBuffer longs = out.asLongBuffer();
        long[] held = new long[CodeChunk.packedLongs(bits)];
        long[] codes = new long[CodeChunk.LONGS];
        boolean grouped = multipliers != Multipliers.NONE;
        Multipliers.Reader reader = grouped ? multipliers.reader() : null;
        long[] factors = new long[grouped ? CodeChunk.LONGS : 0];
        long[] sums = new long[factors.length];
        for (int chunk = from; chunk < to; chunk++) {
            packed.get(chunk * held.length, held);
            CodeChunk.unpack(held, bits, codes);
            if (grouped) {
                reader.read(chunk * CodeChunk.LONGS, factors);
                CodeChunk.multiply(codes, bits, factors, sums);
            } else {
                CodeChunk.signed(codes, bits);
            }
            int start = chunk * CodeChunk.CODES;
            int length = Math.min(CodeChunk.CODES, count - start);
            longs.put(chunk * CodeChunk.LONGS, codes, 0, length / Long.BYTES);
            for (int i = length / Long.BYTES * Long.BYTES; i < length; i++) {
                out.put(start + i, at(codes, i));
            }
        }
    }

    private boolean fill(ByteBuffer integers) {
        Multipliers.Reader reader = multipliers == Multipliers.NONE ? null : multipliers.reader();
        long[] factors = new long[CodeChunk.LONGS];
        long[] held = new long[CodeChunk.packedLongs(bits)];
        int limit = 1 << bits - 1;
        for (int chunk = 0; chunk < chunks(count); chunk++) {
            int start = chunk * CodeChunk.CODES;
            int length = Math.min(CodeChunk.CODES, count - start);
            if (reader != null) {
                reader.read(chunk * CodeChunk.LONGS, factors);
            }
            long[] codes = new long[CodeChunk.LONGS];
            for (int i = 0; i < length; i++) {
                int factor = reader == null ? 1 : at(factors, i) & 0xFF;
                int code = integers.get(start + i) / factor;
                if (code * factor != integers.get(start + i) || code < -limit || code >= limit) {
                    return false;
                }
                codes[i / Long.BYTES] |= (code & 0xFFL) << i % Long.BYTES * Byte.SIZE;
            }
            CodeChunk.pack(codes, bits, held);
            packed.put(chunk * held.length, held);
        }
        return true;
    }

    private static byte at(long[] bytes, int index) {
        return (byte) (bytes[index / Long.BYTES] >>> index % Long.BYTES * Byte.SIZE);
    }

    private static int chunks(int count) {
        return (count + CodeChunk.CODES - 1) / CodeChunk.CODES;
    }
}
