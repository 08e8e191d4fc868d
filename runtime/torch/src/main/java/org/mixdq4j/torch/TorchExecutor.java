package org.mixdq4j.torch;

import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.exec.InstrumentedExecutor;
import org.mixdq4j.core.exec.Numerics;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.tensor.WeightSource;
import org.mixdq4j.torch.array.Torch;

/** Runs graphs with PyTorch on the CPU. */
final class TorchExecutor implements InstrumentedExecutor {
    private final NDManager manager = Torch.newManager();
    private final List<TorchWeights> loaded = new ArrayList<>();

    @Override
    public String description() {
        return "torch (PyTorch " + Torch.version() + ", " + Torch.threads() + " threads)";
    }

    @Override
    public TorchWeights load(WeightSource weights, QuantizedLayers quantized, Numerics numerics) {
        TorchProvider.refuses(!quantized.ids().isEmpty(), numerics).ifPresent(reason -> {
            throw new MixdqException("The executor '" + TorchProvider.NAME + "' cannot run this: " + reason);
        });
        loaded.removeIf(TorchWeights::closed);
        TorchWeights made = new TorchWeights(weights, quantized, manager.newSubManager());
        loaded.add(made);
        return made;
    }

    @Override
    public TorchNetwork compile(
            Graph graph, Set<String> steady, WeightSource weights, QuantizedLayers quantized, Numerics numerics) {
        TorchWeights own = load(weights, quantized, numerics);
        try {
            return own.planOnly(graph);
        } catch (RuntimeException | Error e) {
            own.close();
            throw e;
        }
    }

    @Override
    public TorchNetwork compile(Graph graph, WeightSource weights) {
        return compile(graph, weights, QuantizedLayers.NONE, Numerics.SIMULATED);
    }

    @Override
    public TorchNetwork compile(Graph graph, WeightSource weights, QuantizedLayers quantized, Numerics numerics) {
        return compile(graph, Set.of(), weights, quantized, numerics);
    }

    /** Arrays held by what was loaded and not closed. */
    int openArrays() {
        return manager.getManagedArrays().size();
    }

    @Override
    public void close() {
        loaded.forEach(TorchWeights::close);
        loaded.clear();
        manager.close();
    }
}
