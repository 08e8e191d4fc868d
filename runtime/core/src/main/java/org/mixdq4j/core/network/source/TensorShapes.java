package org.mixdq4j.core.network.source;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.safetensors.StoredWeights;
import org.mixdq4j.core.tensor.Shape;

/** The tensors of a file under one prefix, by names and shapes. */
record TensorShapes(Object file, StoredWeights weights, String prefix) {

    boolean has(String name) {
        return weights.contains(prefix + name);
    }

    /** @throws MixdqException if there is no such tensor */
    Shape shape(String name) {
        if (!has(name)) {
            throw new MixdqException("The file " + file + " has no tensor '" + prefix + name
                    + "', expected one in a network of this kind; get the file from its source again.");
        }
        return weights.shape(prefix + name);
    }

    /** One extent of a tensor. */
    int dim(String name, int axis) {
        Shape shape = shape(name);
        if (axis >= shape.rank()) {
            throw new MixdqException("The file " + file + " holds '" + prefix + name + "' with shape " + shape
                    + ", expected at least " + (axis + 1) + " axes; get the file from its source again.");
        }
        return shape.dim(axis);
    }

    /** How many of {@code before + i + after}, from i = 0, there are. */
    int count(String before, String after) {
        int count = 0;
        while (has(before + count + after)) {
            count++;
        }
        return count;
    }

    /** The names under the prefix, without it. */
    List<String> names() {
        Set<String> all = weights.names();
        List<String> found = new ArrayList<>();
        all.stream()
                .filter(name -> name.startsWith(prefix))
                .forEach(name -> found.add(name.substring(prefix.length())));
        return found;
    }
}
