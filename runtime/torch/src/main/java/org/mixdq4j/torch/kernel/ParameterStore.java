package org.mixdq4j.torch.kernel;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** Parameters in FP32 by name, each held once however many kernels read it. */
public final class ParameterStore {
    private final NDManager manager;
    private final Map<String, NDArray> held = new HashMap<>();

    /** @param manager owns what is held */
    public ParameterStore(NDManager manager) {
        this.manager = manager;
    }

    Optional<NDArray> get(String name) {
        return Optional.ofNullable(held.get(name));
    }

    NDArray hold(String name, Function<NDManager, NDArray> load) {
        NDArray array = load.apply(manager);
        held.put(name, array);
        return array;
    }
}
