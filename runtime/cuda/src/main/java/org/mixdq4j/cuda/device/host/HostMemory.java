package org.mixdq4j.cuda.device.host;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.mixdq4j.core.tensor.HalfFloats;

/**
 * Blocks of host memory at made-up addresses. New ones are full of bytes that are NaN as floats. Nothing outside a block can be
 * read or written.
 */
public final class HostMemory {
    private static final long GAP = 1 << 20;
    private static final byte POISON = (byte) 0xff;

    private final TreeMap<Long, ByteBuffer> blocks = new TreeMap<>();
    private long next = 1L << 40;
    /** Of the block found last, which is nearly always the one that is wanted next. */
    private long start;

    private ByteBuffer last;

    long allocate(long bytes) {
        ByteBuffer block = ByteBuffer.allocate(Math.toIntExact(bytes)).order(ByteOrder.LITTLE_ENDIAN);
        Arrays.fill(block.array(), POISON);
        long address = next;
        next = (next + bytes + GAP + 255) / 256 * 256;
        blocks.put(address, block);
        return address;
    }

    void free(long address) {
        last = null;
        if (blocks.remove(address) == null) {
            throw new IllegalStateException("no memory begins at " + address);
        }
    }

    /** Blocks that were not freed. */
    int count() {
        return blocks.size();
    }

    /** Bytes {@code [address, address + count)}; shared with this memory. */
    public ByteBuffer bytes(long address, long count) {
        int at = locate(address, Math.toIntExact(count));
        return last.slice(at, (int) count).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** {@code count} floats from an address on; a copy. */
    public float[] floats(long address, int count) {
        float[] values = new float[count];
        bytes(address, (long) count * Float.BYTES).asFloatBuffer().get(values);
        return values;
    }

    /** {@code count} integers of 32 bits from an address on; a copy. */
    public int[] ints(long address, int count) {
        int[] values = new int[count];
        bytes(address, (long) count * Integer.BYTES).asIntBuffer().get(values);
        return values;
    }

    private int locate(long address, int count) {
        if (last == null || address < start || address + count > start + last.capacity()) {
            Map.Entry<Long, ByteBuffer> found = blocks.floorEntry(address);
            if (found == null
                    || address + count > found.getKey() + found.getValue().capacity()) {
                throw new IndexOutOfBoundsException(count + " bytes at " + Long.toHexString(address)
                        + (found == null
                                ? ""
                                : ", " + (address - found.getKey()) + " of a block of "
                                        + found.getValue().capacity()));
            }
            start = found.getKey();
            last = found.getValue();
        }
        return (int) (address - start);
    }

    public int u8(long address) {
        int at = locate(address, 1);
        return Byte.toUnsignedInt(last.get(at));
    }

    public int s8(long address) {
        int at = locate(address, 1);
        return last.get(at);
    }

    public int s32(long address) {
        int at = locate(address, 4);
        return last.getInt(at);
    }

    public long s64(long address) {
        int at = locate(address, 8);
        return last.getLong(at);
    }

    public float f32(long address) {
        int at = locate(address, 4);
        return last.getFloat(at);
    }

    public float f16(long address) {
        int at = locate(address, 2);
        return HalfFloats.fromF16(last.getShort(at));
    }

    public float bf16(long address) {
        int at = locate(address, 2);
        return HalfFloats.fromBf16(last.getShort(at));
    }

    public void setU8(long address, int value) {
        int at = locate(address, 1);
        last.put(at, (byte) value);
    }

    public void setS32(long address, int value) {
        int at = locate(address, 4);
        last.putInt(at, value);
    }

    public void setS64(long address, long value) {
        int at = locate(address, 8);
        last.putLong(at, value);
    }

    public void setF32(long address, float value) {
        int at = locate(address, 4);
        last.putFloat(at, value);
    }

    public void setF16(long address, float value) {
        int at = locate(address, 2);
        last.putShort(at, HalfFloats.toF16(value));
    }

    public void setBf16(long address, float value) {
        int at = locate(address, 2);
        last.putShort(at, HalfFloats.toBf16(value));
    }
}
