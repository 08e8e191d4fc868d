package org.mixdq4j.core.safetensors;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;

/**
 * Read-only memory mapping of a file of any size. JDK 17 maps at most 2 GiB at once, so a longer file is mapped in
 * windows that begin at every full GiB and are 2 GiB long: any range up to 1 GiB lies inside one of them.
 */
final class MappedWindows implements AutoCloseable {
    private static final int STEP_BITS = 28;

    private final FileChannel channel;
    private final long size;
    /** The window in use: pages of others are given back once no view of them is left. */
    private ByteBuffer window;

    private long windowStart = -1;

    MappedWindows(FileChannel channel, long size) {
        this.channel = channel;
        this.size = size;
    }

    /** A view of {@code bytes} bytes from {@code begin}; it stays valid after {@link #close()}. */
    synchronized ByteBuffer view(long begin, int bytes) throws IOException {
        long start = begin >>> STEP_BITS << STEP_BITS;
        long length = Math.min(size - start, 2L << STEP_BITS);
        if (begin + bytes > start + length) {
            return channel.map(MapMode.READ_ONLY, begin, bytes);
        }
        if (windowStart != start) {
            window = channel.map(MapMode.READ_ONLY, start, length);
            windowStart = start;
        }
        return window.slice((int) (begin - start), bytes);
    }

    /** Lets go of the file; the mapped memory is freed when no view of it is left. */
    @Override
    public synchronized void close() throws IOException {
        window = null;
        windowStart = -1;
        channel.close();
    }
}
