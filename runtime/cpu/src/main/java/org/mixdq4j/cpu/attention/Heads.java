package org.mixdq4j.cpu.attention;

import org.mixdq4j.core.lower.View;
import org.mixdq4j.cpu.session.Arena;

/** A view [B, N, H*D] whose rows have dense columns, bound to memory: where each head of each row begins. */
record Heads(long address, long sampleBytes, long rowBytes, long headBytes, int rows) {
    static Heads of(View view, Arena arena, int heads) {
        int columns = view.columns();
        if (view.shape().rank() != 3 || (columns > 1 && view.strides().get(2) != 1)) {
            throw new IllegalArgumentException("attention reads and writes [B, N, H*D] with dense rows, not " + view);
        }
        long bytes = view.value().type().bytes();
        return new Heads(
                arena.address(view),
                view.strides().get(0) * bytes,
                view.strides().get(1) * bytes,
                columns / heads * bytes,
                view.shape().dim(1));
    }

    long address(int sample, int row, int head) {
        return address + sample * sampleBytes + row * rowBytes + head * headBytes;
    }
}
