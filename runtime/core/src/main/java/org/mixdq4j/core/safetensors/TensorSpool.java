package org.mixdq4j.core.safetensors;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.mixdq4j.core.io.AtomicFile;
import org.mixdq4j.core.io.AtomicFiles;
import org.mixdq4j.core.tensor.Tensor;

/**
 * Tensors put aside in a temporary file, for a {@link SafetensorsWriter} whose layout, and with it the order of the data, is
 * known only when the last of them is made. The file goes with {@link #close()}.
 */
public final class TensorSpool implements AutoCloseable {
    private final Path target;
    private final AtomicFile file;
    private final Map<String, TensorInfo> infos = new LinkedHashMap<>();
    private final Map<String, Long> starts = new LinkedHashMap<>();

    private TensorSpool(Path target, AtomicFile file) {
        this.target = target;
        this.file = file;
    }

    /** A spool in the folder of the file that will be written from it. */
    public static TensorSpool beside(Path target) {
        return new TensorSpool(target, AtomicFile.open(target.resolveSibling(target.getFileName() + ".spool")));
    }

    /** Puts a tensor aside. @throws IllegalArgumentException if there is one of that name */
    public void put(String name, Tensor tensor) {
        if (infos.containsKey(name)) {
            throw new IllegalArgumentException("there are two tensors '" + name + "'");
        }
        try {
            starts.put(name, file.channel().position());
            ByteBuffer bytes = tensor.buffer();
            while (bytes.hasRemaining()) {
                file.channel().write(bytes);
            }
        } catch (IOException e) {
            throw AtomicFiles.failure("write", target, e);
        }
        infos.put(name, TensorInfo.of(tensor));
    }

    /** What is there, in the order it came. */
    public Map<String, TensorInfo> infos() {
        return Collections.unmodifiableMap(infos);
    }

    /** Writes a tensor, whose turn it is. */
    void copy(String name, FileChannel to) throws IOException {
        long at = starts.get(name);
        long end = at + infos.get(name).bytes();
        while (at < end) {
            at += file.channel().transferTo(at, end - at, to);
        }
    }

    @Override
    public void close() {
        file.close();
    }
}
