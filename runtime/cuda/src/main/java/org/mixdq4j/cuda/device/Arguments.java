package org.mixdq4j.cuda.device;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongUnaryOperator;

/** A structure that a kernel is called with. All that is not set is zero. */
public final class Arguments implements Parameter {
    private final Layout layout;
    private final ByteBuffer bytes;
    private final Map<String, TensorMap> maps = new HashMap<>();
    private final Map<String, Long> scratch = new HashMap<>();

    public Arguments(Layout layout) {
        this.layout = layout;
        // Tensor maps want addresses that are multiples of 64. An aligned slice ends at one as well.
        this.bytes = ByteBuffer.allocateDirect(layout.bytes() + 2 * 63)
                .alignedSlice(64)
                .slice(0, layout.bytes())
                .order(ByteOrder.LITTLE_ENDIAN);
    }

    /** A device address; 0 for none. */
    public Arguments pointer(String name, long address) {
        bytes.putLong(at(name, Layout.Type.POINTER), address);
        return this;
    }

    /** A place in memory that is known only when all steps are planned. */
    public Arguments scratch(String name, long offset) {
        at(name, Layout.Type.POINTER);
        scratch.put(name, offset);
        return this;
    }

    public Arguments s32(String name, long value) {
        bytes.putInt(at(name, Layout.Type.S32), Math.toIntExact(value));
        return this;
    }

    public Arguments s64(String name, long value) {
        bytes.putLong(at(name, Layout.Type.S64), value);
        return this;
    }

    public Arguments f32(String name, float value) {
        bytes.putFloat(at(name, Layout.Type.F32), value);
        return this;
    }

    public Arguments map(String name, TensorMap map) {
        at(name, Layout.Type.MAP);
        maps.put(name, map);
        return this;
    }

    /** Gives what was set by {@link #scratch} its place. */
    public void resolve(LongUnaryOperator placeOf) {
        scratch.forEach((name, offset) -> pointer(name, placeOf.applyAsLong(offset)));
        scratch.clear();
    }

    public long pointer(String name) {
        return bytes.getLong(at(name, Layout.Type.POINTER));
    }

    public int s32(String name) {
        return bytes.getInt(at(name, Layout.Type.S32));
    }

    public long s64(String name) {
        return bytes.getLong(at(name, Layout.Type.S64));
    }

    public float f32(String name) {
        return bytes.getFloat(at(name, Layout.Type.F32));
    }

    public TensorMap map(String name) {
        at(name, Layout.Type.MAP);
        return maps.get(name);
    }

    public Layout layout() {
        return layout;
    }

    /** Tensor maps that a device has to encode into {@link #bytes}, by field. */
    public Map<String, TensorMap> maps() {
        return Map.copyOf(maps);
    }

    /** As the kernel reads it; tensor maps apart. Direct, and at a multiple of 64. */
    public ByteBuffer bytes() {
        if (!scratch.isEmpty()) {
            throw new IllegalStateException(layout.struct() + " still waits for places of " + scratch.keySet());
        }
        return bytes;
    }

    private int at(String name, Layout.Type type) {
        Layout.Field field = layout.field(name);
        if (field.type() != type) {
            throw new IllegalArgumentException(layout.struct() + "." + name + " is a " + field.type());
        }
        return field.at();
    }
}
