package org.mixdq4j.cpu.onednn;

import static org.bytedeco.dnnl.global.dnnl.*;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import org.bytedeco.dnnl.dnnl_memory;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;

/** A oneDNN memory object with the layout it was made with: either with memory of its own, or over a caller's buffer. */
public final class NativeMemory implements Resources.Native {
    private static final Optional<Function> TRIM = trim();

    private final dnnl_memory_desc layout;
    private final dnnl_memory memory = new dnnl_memory();
    private final long bytes;

    private NativeMemory(dnnl_memory_desc layout, Pointer handle) {
        this.layout = layout;
        this.bytes = dnnl_memory_desc_get_size(layout);
        OneDnn.check(dnnl_memory_create(memory, layout, OneDnn.get().engine(), handle), "allocate " + bytes + " bytes");
    }

    /** Memory of its own, uninitialized; {@code layout} is copied. */
    public static NativeMemory allocate(dnnl_memory_desc layout) {
        return new NativeMemory(copy(layout), new Allocate());
    }

    /** So many bytes of its own, uninitialized. */
    public static NativeMemory bytes(long count) {
        return new NativeMemory(rowMajor(dnnl_u8, count), new Allocate());
    }

    /** Memory of its own, all zeros; {@code layout} is given away. */
    public static NativeMemory zeros(dnnl_memory_desc layout) {
        return filled(layout, 0);
    }

    /** Memory of its own, each byte {@code value}; {@code layout} is given away. */
    public static NativeMemory filled(dnnl_memory_desc layout, int value) {
        NativeMemory memory = new NativeMemory(layout, new Allocate());
        Pointer.memset(memory.address(), value, memory.bytes);
        return memory;
    }

    /** No memory until {@link #attach}; {@code layout} is given away. */
    public static NativeMemory detached(dnnl_memory_desc layout) {
        return new NativeMemory(layout, null);
    }

    /** Uses the memory of {@code other}, which must outlive the use. */
    void attach(NativeMemory other) {
        attach(other, 0, bytes);
    }

    /**
     * Uses the memory of {@code other} from byte {@code offset} on.
     *
     * @param extent bytes up to the last element, which are fewer than oneDNN counts if the layout has gaps
     */
    void attach(NativeMemory other, long offset, long extent) {
        if (offset + extent > other.bytes) {
            throw new IllegalArgumentException(extent + " bytes from " + offset + " on of " + other.bytes);
        }
        set(new BytePointer(other.address()).position(offset));
    }

    /** Uses the memory of {@code buffer} from its position on; the caller keeps it alive while it is used. */
    public void attach(ByteBuffer buffer) {
        attach(buffer, 0, bytes);
    }

    /**
     * Uses the memory of {@code buffer} from byte {@code offset} after its position on.
     *
     * @param extent as for memory
     */
    void attach(ByteBuffer buffer, int offset, long extent) {
        if (!buffer.isDirect() || buffer.order() != ByteOrder.LITTLE_ENDIAN || offset + extent > buffer.remaining()) {
            throw new IllegalArgumentException("expected a direct little-endian buffer of " + (offset + extent)
                    + " bytes, found " + buffer + ", " + buffer.order());
        }
        set(new BytePointer(buffer.slice(buffer.position() + offset, (int) extent)));
    }

    /** The memory as a buffer, valid until this is closed. */
    public ByteBuffer buffer() {
        BytePointer view = new BytePointer(address());
        view.capacity(bytes);
        return view.asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }

    public dnnl_memory memory() {
        return memory;
    }

    public dnnl_memory_desc layout() {
        return layout;
    }

    @Override
    public void close() {
        dnnl_memory_destroy(memory);
        dnnl_memory_desc_destroy(layout);
    }

    /**
     * Gives memory that was released back to the system, where the C library can: glibc keeps what large buffers of several
     * threads leave behind.
     */
    public static void giveBackFree() {
        TRIM.ifPresent(function -> function.invokeInt(new Object[] {0L}));
    }

    private static Optional<Function> trim() {
        try {
            return Optional.of(NativeLibrary.getProcess().getFunction("malloc_trim"));
        } catch (LinkageError e) {
            return Optional.empty();
        }
    }

    /** A dense or strided layout; strides count elements. */
    public static dnnl_memory_desc strided(int type, long[] dims, long... strides) {
        dnnl_memory_desc layout = new dnnl_memory_desc();
        OneDnn.check(
                dnnl_memory_desc_create_with_strides(layout, dims.length, dims, type, strides), "describe a layout");
        return layout;
    }

    /** Row-major: the last axis varies fastest. */
    public static dnnl_memory_desc rowMajor(int type, long... dims) {
        long[] strides = new long[dims.length];
        long stride = 1;
        for (int axis = dims.length - 1; axis >= 0; axis--) {
            strides[axis] = stride;
            stride *= dims[axis];
        }
        return strided(type, dims, strides);
    }

    /** Whatever the primitive is fastest with. */
    public static dnnl_memory_desc any(int type, long... dims) {
        dnnl_memory_desc layout = new dnnl_memory_desc();
        OneDnn.check(
                dnnl_memory_desc_create_with_tag(layout, dims.length, dims, type, dnnl_format_tag_any),
                "describe a layout");
        return layout;
    }

    public static dnnl_memory_desc copy(dnnl_memory_desc layout) {
        dnnl_memory_desc copy = new dnnl_memory_desc();
        OneDnn.check(dnnl_memory_desc_clone(copy, layout), "copy a layout");
        return copy;
    }

    public long bytes() {
        return bytes;
    }

    /** Uses the memory at {@code address}, which must outlive the use. */
    public void attach(long address) {
        set(new Address(address));
    }

    /** Where the memory is. */
    public long addressValue() {
        return address().address();
    }

    private void set(Pointer start) {
        OneDnn.check(dnnl_memory_set_data_handle(memory, start), "use a buffer");
    }

    private Pointer address() {
        Pointer handle = new Pointer();
        OneDnn.check(dnnl_memory_get_data_handle(memory, handle), "find its memory");
        return handle;
    }

    /** Memory that belongs to somebody else. */
    private static final class Address extends Pointer {
        Address(long where) {
            address = where;
        }
    }

    /** DNNL_MEMORY_ALLOCATE: the address that asks the library to allocate, aligned as its kernels like it. */
    private static final class Allocate extends Pointer {
        Allocate() {
            address = -1;
        }
    }
}
