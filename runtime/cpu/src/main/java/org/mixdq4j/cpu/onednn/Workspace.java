package org.mixdq4j.cpu.onednn;

import static org.bytedeco.dnnl.global.dnnl.dnnl_u8;

/**
 * Scratch memory that layers share when they run one after the other on one thread: inputs while they are quantized and
 * after, weights while they are not packed, and outputs before their change of layout. It is as large as the largest layer needs and must outlive the layers.
 */
public final class Workspace implements AutoCloseable {
    private final Block levels = new Block();
    private final Block planes = new Block();
    private final Block outputs = new Block();
    private final Block weights = new Block();

    Block levels() {
        return levels;
    }

    Block planes() {
        return planes;
    }

    Block outputs() {
        return outputs;
    }

    Block weights() {
        return weights;
    }

    /** Bytes held. */
    public long bytes() {
        return levels.size + planes.size + outputs.size + weights.size;
    }

    @Override
    public void close() {
        levels.close();
        planes.close();
        outputs.close();
        weights.close();
    }

    /** {@code bytes} rounded up to whole cache lines. */
    static long aligned(long bytes) {
        return (bytes + 63) / 64 * 64;
    }

    /** Memory that grows; whoever uses it asks for it anew at each run. */
    static final class Block implements Resources.Native {
        /** Oversize a little: some kernels read whole vectors past the end of the last row. */
        private static final long MARGIN = 64;

        private NativeMemory memory;
        private long size;
        private Object writer;

        void reserve(long bytes) {
            if (memory == null || bytes > size) {
                close();
                memory = NativeMemory.zeros(NativeMemory.rowMajor(dnnl_u8, bytes + MARGIN));
                size = bytes;
                writer = null;
            }
        }

        /** Whoever wrote here last. */
        Object writer() {
            return writer;
        }

        void writtenBy(Object writer) {
            this.writer = writer;
        }

        NativeMemory memory() {
            return memory;
        }

        @Override
        public void close() {
            if (memory != null) {
                memory.close();
                memory = null;
                size = 0;
            }
        }
    }
}
