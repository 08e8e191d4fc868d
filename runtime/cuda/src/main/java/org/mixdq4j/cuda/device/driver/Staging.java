package org.mixdq4j.cuda.device.driver;

import static org.bytedeco.cuda.global.cudart.cuEventCreate;
import static org.bytedeco.cuda.global.cudart.cuEventDestroy;
import static org.bytedeco.cuda.global.cudart.cuEventRecord;
import static org.bytedeco.cuda.global.cudart.cuEventSynchronize;
import static org.bytedeco.cuda.global.cudart.cuMemAllocHost;
import static org.bytedeco.cuda.global.cudart.cuMemFreeHost;
import static org.bytedeco.cuda.global.cudart.cuMemcpyDtoHAsync;
import static org.bytedeco.cuda.global.cudart.cuMemcpyHtoDAsync;
import static org.bytedeco.cuda.global.cudart.cuStreamSynchronize;

import java.nio.ByteBuffer;
import java.util.stream.IntStream;
import org.bytedeco.cuda.cudart.CUevent_st;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;

/**
 * Copies through memory that the driver has pinned: several times faster than from other memory. One thread cannot fill it as
 * fast as it is copied, so several do; one half is filled while the other is copied.
 */
final class Staging implements AutoCloseable {
    private static final int HALF = 16 << 20;
    private static final int PIECE = 1 << 20;
    private static final int DISABLE_TIMING = 2;

    private final Calls calls;
    private final CUstream_st stream;
    private final Pointer[] memory = new Pointer[2];
    private final ByteBuffer[] halves = new ByteBuffer[2];
    private final CUevent_st[] copied = new CUevent_st[2];

    Staging(Calls calls, CUstream_st stream) {
        this.calls = calls;
        this.stream = stream;
        for (int i = 0; i < 2; i++) {
            BytePointer pinned = new BytePointer();
            calls.check(cuMemAllocHost(pinned, HALF), "pin memory for copies");
            memory[i] = pinned;
            halves[i] = pinned.capacity(HALF).asByteBuffer();
            copied[i] = new CUevent_st();
            calls.check(cuEventCreate(copied[i], DISABLE_TIMING), "make an event");
        }
    }

    void upload(long to, ByteBuffer from) {
        int count = from.remaining();
        for (int done = 0, half = 0; done < count; done += HALF, half ^= 1) {
            int size = Math.min(HALF, count - done);
            calls.check(cuEventSynchronize(copied[half]), "wait for a copy");
            copy(halves[half], 0, from, from.position() + done, size);
            calls.check(cuMemcpyHtoDAsync(to + done, memory[half], size, stream), "copy to its memory");
            calls.check(cuEventRecord(copied[half], stream), "mark a copy");
        }
    }

    void download(long from, ByteBuffer to) {
        int count = to.remaining();
        for (int done = 0; done < count; done += HALF) {
            int size = Math.min(HALF, count - done);
            calls.check(cuEventSynchronize(copied[0]), "wait for a copy");
            calls.check(cuMemcpyDtoHAsync(memory[0], from + done, size, stream), "copy from its memory");
            calls.check(cuStreamSynchronize(stream), "copy from its memory");
            copy(to, to.position() + done, halves[0], 0, size);
        }
    }

    private static void copy(ByteBuffer to, int at, ByteBuffer from, int start, int size) {
        int pieces = (size + PIECE - 1) / PIECE;
        IntStream range = IntStream.range(0, pieces);
        (pieces > 1 ? range.parallel() : range).forEach(piece -> {
            int first = piece * PIECE;
            int bytes = Math.min(PIECE, size - first);
            to.slice(at + first, bytes).put(from.slice(start + first, bytes));
        });
    }

    @Override
    public void close() {
        for (int i = 0; i < 2; i++) {
            cuEventDestroy(copied[i]);
            cuMemFreeHost(memory[i]);
        }
    }
}
