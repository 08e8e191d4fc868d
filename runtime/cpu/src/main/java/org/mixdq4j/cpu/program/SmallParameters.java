package org.mixdq4j.cpu.program;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.mixdq4j.core.lower.weights.StoredLayers;
import org.mixdq4j.core.tensor.Tensor;

/**
 * Parameters that no product multiplies, read once a model: sessions that are opened later find them here when the files are
 * closed. Tables of embeddings stay where they are mapped.
 */
final class SmallParameters {
    private final StoredLayers stored;
    private final Map<String, Tensor> floats = new HashMap<>();
    private final Map<String, Tensor> tables = new HashMap<>();

    SmallParameters(StoredLayers stored) {
        this.stored = stored;
    }

    /** F32 and finite. */
    Tensor floats(String name) {
        return floats.computeIfAbsent(name, stored::floats);
    }

    /** The same, empty if there is none. */
    Optional<Tensor> find(String name) {
        return floats.containsKey(name) || stored.source().contains(name)
                ? Optional.of(floats(name))
                : Optional.empty();
    }

    /** As it is stored. */
    Tensor table(String name) {
        return tables.computeIfAbsent(name, stored.source()::tensor);
    }
}
