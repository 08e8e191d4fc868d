package org.mixdq4j.core.network;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.mixdq4j.core.safetensors.SafetensorsFile;
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

    public static HeaderWeights read(Path path) {
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            Map<String, Shape> shapes = new LinkedHashMap<>();
            file.names().forEach(name -> shapes.put(name, file.shape(name)));
            return new HeaderWeights(shapes);
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
}
