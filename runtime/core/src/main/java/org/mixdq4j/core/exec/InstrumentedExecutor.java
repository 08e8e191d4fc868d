package org.mixdq4j.core.exec;

import java.util.Set;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.tensor.WeightSource;

/** An executor whose networks can be looked into; {@link Executors#instrumented} finds it. */
public interface InstrumentedExecutor extends Executor {
    /** Weights whose networks can be looked into. */
    interface Weights extends Loaded {
        @Override
        default Instrumented plan(Graph graph) {
            return plan(graph, Set.of());
        }

        @Override
        Instrumented plan(Graph graph, Set<String> steady);
    }

    @Override
    Weights load(WeightSource weights, QuantizedLayers quantized, Numerics numerics);

    @Override
    default Instrumented compile(Graph graph, WeightSource weights) {
        return compile(graph, weights, QuantizedLayers.NONE, Numerics.SIMULATED);
    }

    @Override
    default Instrumented compile(Graph graph, WeightSource weights, QuantizedLayers quantized, Numerics numerics) {
        return compile(graph, Set.of(), weights, quantized, numerics);
    }

    @Override
    Instrumented compile(
            Graph graph, Set<String> steady, WeightSource weights, QuantizedLayers quantized, Numerics numerics);
}
