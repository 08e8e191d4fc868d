package org.mixdq4j.cpu.session;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.mixdq4j.core.lower.Value;
import org.mixdq4j.core.lower.View;

/** One block of native memory with a program's values at their places. Its content is not initialized. */
public final class Arena implements AutoCloseable {
    private static final long ALIGNMENT = 64;
    /** Vectors may read, never write, this far behind a value. */
    private static final long SLACK = 64;

    private final Map<String, Long> places;
    private final BytePointer memory;
    private final long start;

    public Arena(Map<String, Long> places, long bytes) {
        this.places = places;
        // Not the constructor, which lets the garbage collector release the block.
        BytePointer block = new BytePointer(Pointer.malloc(bytes + ALIGNMENT + SLACK));
        if (block.isNull()) {
            throw new OutOfMemoryError("no " + bytes + " bytes for a network's values");
        }
        memory = block;
        start = (block.address() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }

    /** Address of a view's first element. */
    public long address(View view) {
        return start + place(view.value()) + view.offset() * view.value().type().bytes();
    }

    /** The bytes of a value: direct, little-endian. */
    public ByteBuffer buffer(Value value) {
        return new Region(start + place(value), value.bytes()).asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }

    private long place(Value value) {
        Long place = places.get(value.id());
        if (place == null) {
            throw new IllegalArgumentException("no place for " + value);
        }
        return place;
    }

    @Override
    public void close() {
        Pointer.free(memory);
    }

    /** Memory that belongs to somebody else. */
    private static final class Region extends BytePointer {
        Region(long address, long bytes) {
            this.address = address;
            this.limit = bytes;
            this.capacity = bytes;
        }
    }
}
