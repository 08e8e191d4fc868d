package org.mixdq4j.core.safetensors;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;

/**
 * The weights of one network as files hold them, mapped until they are closed. {@link #names()} are the weights;
 * {@link #storedNames()} are what lies in the files, which may be more: scales that are multiplied into a weight when it is
 * read, and markers.
 */
public interface StoredWeights extends WeightSource, AutoCloseable {
    /** All tensors in the files, whatever their type, in a stable order. */
    default Set<String> storedNames() {
        return names();
    }

    /** The name of the type {@code name} is stored in, which may be one this project does not compute with. */
    String storedType(String name);

    /** The extents {@code name} is stored with. */
    long[] storedShape(String name);

    /** Bytes the data of {@code name} takes in the file. */
    long byteSize(String name);

    /** {@code count} bytes of the data of {@code name} from {@code offset}, as they are stored. */
    ByteBuffer bytes(String name, long offset, int count);

    /**
     * Rows {@code [fromRow, toRow)} of the first axis of {@code name}; together they may take 2 GiB.
     *
     * @throws IndexOutOfBoundsException if there are no such rows
     */
    Tensor tensor(String name, int fromRow, int toRow);

    /** Closes the files; tensors handed out stay valid. */
    @Override
    void close();

    /** The files that all of it is read from, where it is nothing but what lies there; else empty. */
    default List<Path> paths() {
        return List.of();
    }
}
