package org.mixdq4j.core.exec;

import java.nio.file.Path;
import java.util.Map;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.tensor.WeightSource;

/** Runs graphs on one device. Closing it closes what it compiled. */
public interface Executor extends AutoCloseable {
    /** Device and libraries, for people: {@code "cpu (PyTorch 2.7.1, oneDNN 3.11, 2 threads)"}. */
    String description();

    /**
     * Loads the weights a graph needs and prepares it to run in FP32, except for the quantized layers.
     *
     * @param weights tensors by parameter name; those of quantized layers are not read
     * @param quantized layer id to its quantized form; each is asked for once, so that they may be made on demand
     * @throws org.mixdq4j.core.error.MixdqException if a weight is missing, has another shape than the graph says, or
     *     holds NaN or infinity
     */
    CompiledModel compile(
            Graph graph, WeightSource weights, Map<String, QuantizedLayer> quantized, Execution execution);

    /** {@link #compile} with every layer in float. */
    default CompiledModel compile(Graph graph, WeightSource weights) {
        return compile(graph, weights, Map.of(), Execution.SIMULATED);
    }

    /**
     * Loads a TorchScript file, which must be closed before this executor.
     *
     * @throws MixdqException if the file is missing or no TorchScript, or this executor runs none
     */
    default Script loadScript(Path file) {
        throw new MixdqException(
                "The executor " + description() + " runs no TorchScript, which " + file + " is; pass --device cpu.");
    }

    @Override
    void close();
}
