package org.mixdq4j.cuda.bind;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.mixdq4j.cuda.device.Device;

/**
 * What lies on the device as long as the weights do: packed weights, scales, biases. Each is made and copied once. Who wants to
 * know only which kernels are launched may give addresses of nothing.
 */
public class Constants implements AutoCloseable {
    private static final long SLAB = 8L << 20;
    private static final int ALIGNMENT = 256;

    private final Device device;
    private final Map<Object, Long> known = new HashMap<>();
    private final List<Long> slabs = new ArrayList<>();
    private long next;
    private long end;
    private long bytes;

    public Constants(Device device) {
        this.device = device;
    }

    /** The address of what is known by a key. @param maker of its bytes, direct; called where nobody asked for it before */
    public long get(Object key, Supplier<ByteBuffer> maker) {
        Long address = known.get(key);
        if (address == null) {
            ByteBuffer made = maker.get();
            address = place(made.remaining());
            device.upload(address, made);
            known.put(key, address);
            bytes += made.remaining();
        }
        return address;
    }

    /** Numbers that are their own key. */
    public long floats(float[] values) {
        return get(new Content(values), () -> buffer(values));
    }

    /** As the device reads them. */
    public static ByteBuffer buffer(float[] values) {
        ByteBuffer buffer =
                ByteBuffer.allocateDirect(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        buffer.asFloatBuffer().put(values);
        return buffer;
    }

    public static ByteBuffer buffer(int[] values) {
        ByteBuffer buffer =
                ByteBuffer.allocateDirect(values.length * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        buffer.asIntBuffer().put(values);
        return buffer;
    }

    private long place(long size) {
        long taken = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        if (taken > SLAB / 4) {
            return slab(taken);
        }
        if (next + taken > end) {
            next = slab(SLAB);
            end = next + SLAB;
        }
        long address = next;
        next += taken;
        return address;
    }

    private long slab(long size) {
        slabs.add(device.allocate(size));
        return slabs.get(slabs.size() - 1);
    }

    /** Bytes of all that was made. */
    public long bytes() {
        return bytes;
    }

    @Override
    public void close() {
        slabs.forEach(device::free);
        slabs.clear();
        known.clear();
        next = 0;
        end = 0;
    }

    private record Content(float[] values) {
        @Override
        public boolean equals(Object other) {
            return other instanceof Content content && Arrays.equals(values, content.values);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(values);
        }
    }
}
