package org.mixdq4j.core.tensor;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.mixdq4j.core.error.MixdqException;

/** Named tensors that can be fetched one at a time: the parameters of a network, mapped from files or made in memory. */
public interface WeightSource {
    /** All names, in a stable order. */
    Set<String> names();

    /**
     * The tensor called {@code name} in the type it is stored in, often a view of a mapped file.
     *
     * @throws org.mixdq4j.core.error.MixdqException if there is none, naming where it was looked for
     */
    Tensor tensor(String name);

    /** Stored type of {@code name}, without reading its data. */
    DType dtype(String name);

    /** Shape of {@code name}, without reading its data. */
    Shape shape(String name);

    default boolean contains(String name) {
        return names().contains(name);
    }

    /** Tensors in memory. */
    static WeightSource of(Map<String, Tensor> tensors) {
        Map<String, Tensor> held = new LinkedHashMap<>(tensors);
        return new WeightSource() {
            @Override
            public Set<String> names() {
                return Collections.unmodifiableSet(held.keySet());
            }

            @Override
            public Tensor tensor(String name) {
                if (!held.containsKey(name)) {
                    throw new MixdqException("There is no tensor '" + name + "' among " + held.keySet() + ".");
                }
                return held.get(name);
            }

            @Override
            public DType dtype(String name) {
                return tensor(name).dtype();
            }

            @Override
            public Shape shape(String name) {
                return tensor(name).shape();
            }
        };
    }
}
