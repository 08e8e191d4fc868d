package org.mixdq4j.core.network.source;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.zip.GZIPInputStream;
import org.mixdq4j.core.safetensors.StoredWeights;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/** Tensors without data. */
record NamesAndShapes(Map<String, Shape> shapes) implements StoredWeights {
    private static final Path FOLDER =
            Path.of(System.getProperty("mixdq.root"), "util_files/reference/checkpoint_layouts");

    /** The tensors of a published checkpoint. */
    static NamesAndShapes published(String name) {
        Map<String, Shape> shapes = new LinkedHashMap<>();
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(
                new GZIPInputStream(Files.newInputStream(FOLDER.resolve(name + ".txt.gz"))), StandardCharsets.UTF_8))) {
            lines.lines().forEach(line -> {
                String[] parts = line.split(" ", 2);
                int[] dims = parts[1].isEmpty()
                        ? new int[0]
                        : Arrays.stream(parts[1].split("x"))
                                .mapToInt(Integer::parseInt)
                                .toArray();
                shapes.put(parts[0], Shape.of(dims));
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new NamesAndShapes(shapes);
    }

    @Override
    public Set<String> names() {
        return Collections.unmodifiableSet(shapes.keySet());
    }

    @Override
    public Shape shape(String name) {
        return shapes.get(name);
    }

    @Override
    public DType dtype(String name) {
        return DType.F16;
    }

    @Override
    public String storedType(String name) {
        return "F16";
    }

    @Override
    public long[] storedShape(String name) {
        return shapes.get(name).toLongArray();
    }

    @Override
    public long byteSize(String name) {
        return 2 * shapes.get(name).elements();
    }

    @Override
    public ByteBuffer bytes(String name, long offset, int count) {
        throw new UnsupportedOperationException("no data");
    }

    @Override
    public Tensor tensor(String name) {
        throw new UnsupportedOperationException("no data");
    }

    @Override
    public Tensor tensor(String name, int fromRow, int toRow) {
        throw new UnsupportedOperationException("no data");
    }

    @Override
    public void close() {}
}
