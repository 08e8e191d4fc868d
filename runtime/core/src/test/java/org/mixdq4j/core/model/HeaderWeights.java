package org.mixdq4j.core.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;

/** Names and shapes of a safetensors file, or made up, without data. */
public final class HeaderWeights implements WeightSource {
    private final Map<String, Shape> shapes;

    public HeaderWeights(Map<String, Shape> shapes) {
        this.shapes = new LinkedHashMap<>(shapes);
    }

    public static HeaderWeights read(Path file) {
        try (DataInputStream in = new DataInputStream(Files.newInputStream(file))) {
            byte[] json = in.readNBytes(Math.toIntExact(Long.reverseBytes(in.readLong())));
            Map<String, Shape> shapes = new LinkedHashMap<>();
            new ObjectMapper().readTree(json).fields().forEachRemaining(entry -> {
                if (!entry.getKey().equals("__metadata__")) {
                    shapes.put(entry.getKey(), shape(entry.getValue().get("shape")));
                }
            });
            return new HeaderWeights(shapes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public Map<String, Shape> shapes() {
        return shapes;
    }

    @Override
    public Set<String> names() {
        return shapes.keySet();
    }

    @Override
    public Tensor tensor(String name) {
        return Tensor.zeros(DType.F16, shapes.get(name));
    }

    @Override
    public DType dtype(String name) {
        return DType.F16;
    }

    @Override
    public Shape shape(String name) {
        return shapes.get(name);
    }

    private static Shape shape(JsonNode dims) {
        int[] extents = new int[dims.size()];
        for (int i = 0; i < extents.length; i++) {
            extents[i] = dims.get(i).intValue();
        }
        return Shape.of(extents);
    }
}
