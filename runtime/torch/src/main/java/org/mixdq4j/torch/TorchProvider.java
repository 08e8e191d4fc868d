package org.mixdq4j.torch;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.exec.Arithmetic;
import org.mixdq4j.core.exec.FloatType;
import org.mixdq4j.core.exec.InstrumentedExecutor;
import org.mixdq4j.core.exec.InstrumentedProvider;
import org.mixdq4j.core.exec.Numerics;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.torch.array.Torch;

/** Offers the PyTorch executor. Asking whether it is available loads PyTorch; making a provider does not. */
public final class TorchProvider implements InstrumentedProvider {
    static final String NAME = "torch";

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public int rank() {
        return 0;
    }

    @Override
    public Optional<String> unavailable() {
        return Torch.failure();
    }

    @Override
    public Optional<String> refuses(Graph graph, Set<String> quantized, Numerics numerics) {
        return refuses(!quantized.isEmpty(), numerics);
    }

    static Optional<String> refuses(boolean quantized, Numerics numerics) {
        if (numerics.floats() != FloatType.F32) {
            return Optional.of("it computes floats in F32, not in " + numerics.floats() + "; ask for F32.");
        }
        return quantized && numerics.arithmetic() == Arithmetic.INTEGER
                ? Optional.of("it simulates quantized layers and multiplies no integers; simulate them, or take the"
                        + " executor 'cpu'.")
                : Optional.empty();
    }

    @Override
    public List<String> describe() {
        return List.of(
                "PyTorch " + Torch.version() + " (DJL " + Torch.bindingsVersion() + "), " + Torch.threads()
                        + " threads",
                "for calibration, sensitivity and quantization: values can be watched and layers changed");
    }

    @Override
    public InstrumentedExecutor create() {
        unavailable().ifPresent(reason -> {
            throw new MixdqException("The executor '" + NAME + "' cannot run here: " + reason);
        });
        return new TorchExecutor();
    }
}
