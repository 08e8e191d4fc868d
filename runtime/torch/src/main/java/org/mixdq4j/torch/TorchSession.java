package org.mixdq4j.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.mixdq4j.core.exec.Observer;
import org.mixdq4j.core.exec.Session;
import org.mixdq4j.core.tensor.Tensor;

/** Inputs in PyTorch's memory. */
final class TorchSession implements Session {
    private final TorchNetwork network;
    private final NDManager memory;
    private final Map<String, NDArray> inputs = new HashMap<>();

    /** @param memory owned by this session from now on */
    TorchSession(TorchNetwork network, NDManager memory) {
        this.network = network;
        this.memory = memory;
    }

    @Override
    public void set(String input, Tensor tensor) {
        NDArray before = inputs.put(input, network.importInput(input, tensor, memory));
        if (before != null) {
            before.close();
        }
    }

    @Override
    public Map<String, Tensor> run() {
        return run(network.graph().outputs().keySet());
    }

    @Override
    public Map<String, Tensor> run(Set<String> wanted) {
        return run(wanted, Observer.NONE);
    }

    Map<String, Tensor> run(Set<String> wanted, Observer observer) {
        try (NDManager scratch = memory.newSubManager()) {
            return network.run(inputs, wanted, observer, scratch);
        }
    }

    @Override
    public void close() {
        memory.close();
    }
}
