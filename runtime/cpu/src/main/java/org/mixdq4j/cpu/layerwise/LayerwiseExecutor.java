package org.mixdq4j.cpu.layerwise;

import java.util.ArrayList;
import java.util.List;
import org.mixdq4j.core.exec.Executor;
import org.mixdq4j.core.exec.Loaded;
import org.mixdq4j.core.exec.Numerics;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.tensor.WeightSource;
import org.mixdq4j.cpu.onednn.OneDnn;
import org.mixdq4j.torch.TorchExecutor;
import org.mixdq4j.torch.array.Torch;

/** Runs graphs with PyTorch on the CPU, and layers in integers with oneDNN. */
public final class LayerwiseExecutor implements Executor {
    private final List<String> slow = new ArrayList<>();
    private final TorchExecutor torch = new TorchExecutor(() -> new OneDnnBodies(slow::add));

    @Override
    public String description() {
        return "cpu (PyTorch " + Torch.version() + ", oneDNN " + OneDnn.get().version() + ", " + Torch.threads()
                + " threads)";
    }

    @Override
    public List<String> remarks() {
        return slow.isEmpty()
                ? List.of()
                : List.of("oneDNN has no fast integer kernel for " + slow.size() + " layers, such as " + slow.get(0)
                        + ": they are exact but slow on this processor.");
    }

    @Override
    public Loaded load(WeightSource weights, QuantizedLayers quantized, Numerics numerics) {
        return torch.load(weights, quantized, numerics);
    }

    /** Arrays held by what was loaded and not closed. */
    int openArrays() {
        return torch.openArrays();
    }

    @Override
    public void close() {
        torch.close();
    }
}
