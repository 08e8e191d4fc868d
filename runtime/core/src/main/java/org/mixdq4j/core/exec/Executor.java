package org.mixdq4j.core.exec;

import java.util.List;
import java.util.Set;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.tensor.WeightSource;

/** Runs graphs on one device. Closing it closes what it loaded. */
public interface Executor extends AutoCloseable {
    /** Device and libraries, for people: {@code "cpu (PyTorch 2.7.1, oneDNN 3.11, 2 threads)"}. */
    String description();

    /** What people should know of what was loaded so far, a sentence each: layers that are slow on this machine. */
    default List<String> remarks() {
        return List.of();
    }

    /** What it computes floats in where nothing else is asked for. */
    default FloatType floats() {
        return FloatType.F32;
    }

    /** The same for networks whose values leave the range of F16: autoencoders made for FP32, T5. */
    default FloatType wideFloats() {
        return floats();
    }

    /**
     * Weights to plan graphs with. They are read as graphs are planned: {@code weights} must stay open until the last is.
     *
     * @param weights tensors by parameter name; those of quantized layers are not read
     * @param quantized each is asked for once, unless graphs differ so much that they cannot share it
     * @throws org.mixdq4j.core.error.MixdqException if the provider {@link ExecutorProvider#refuses} these numerics
     */
    Loaded load(WeightSource weights, QuantizedLayers quantized, Numerics numerics);

    /** {@link #compile(Graph, WeightSource, QuantizedLayers, Numerics)} with every layer in float, in {@link #floats}. */
    default Network compile(Graph graph, WeightSource weights) {
        return compile(graph, weights, QuantizedLayers.NONE, Numerics.SIMULATED.in(floats()));
    }

    /** {@link #compile(Graph, Set, WeightSource, QuantizedLayers, Numerics)} without steady inputs. */
    default Network compile(Graph graph, WeightSource weights, QuantizedLayers quantized, Numerics numerics) {
        return compile(graph, Set.of(), weights, quantized, numerics);
    }

    /**
     * Loads weights for one graph and plans it; they are freed when the network is closed.
     *
     * @param steady as for {@link Loaded#plan(Graph, Set)}
     * @param weights read before this returns
     * @throws org.mixdq4j.core.error.MixdqException as {@link #load} and {@link Loaded#plan(Graph, Set)} do
     */
    default Network compile(
            Graph graph, Set<String> steady, WeightSource weights, QuantizedLayers quantized, Numerics numerics) {
        Loaded loaded = load(weights, quantized, numerics);
        try {
            return new NetworkWithWeights(loaded.plan(graph, steady), loaded);
        } catch (RuntimeException | Error e) {
            loaded.close();
            throw e;
        }
    }

    @Override
    void close();
}
