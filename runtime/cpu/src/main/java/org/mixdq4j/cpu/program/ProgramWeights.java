package org.mixdq4j.cpu.program;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.mixdq4j.core.exec.Loaded;
import org.mixdq4j.core.exec.Network;
import org.mixdq4j.core.exec.ProgramNetwork;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.lower.Lowering;
import org.mixdq4j.core.lower.Program;
import org.mixdq4j.core.lower.weights.StoredLayers;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.tensor.WeightSource;
import org.mixdq4j.cpu.product.LayerWeights;
import org.mixdq4j.cpu.session.Workers;

/** Weights packed once for all programs of a network. */
final class ProgramWeights implements Loaded {
    private final StoredLayers parameters;
    private final SmallParameters small;
    private final LayerWeights layers;
    private final Workers workers;
    private final List<ProgramNetwork> networks = new ArrayList<>();
    private boolean closed;

    ProgramWeights(WeightSource weights, QuantizedLayers quantized, Workers workers) {
        this.parameters = new StoredLayers(weights, quantized);
        this.small = new SmallParameters(parameters);
        this.layers = new LayerWeights(parameters);
        this.workers = workers;
    }

    @Override
    public Network plan(Graph graph, Set<String> steady) {
        parameters.check(graph);
        Program program = Lowering.lower(graph, parameters::form, steady, CpuTarget.TARGET);
        ProgramNetwork network =
                new ProgramNetwork(graph, program, own -> new ProgramSession(own, this), () -> layers.bytes());
        networks.add(network);
        return network;
    }

    SmallParameters small() {
        return small;
    }

    LayerWeights layers() {
        return layers;
    }

    Workers workers() {
        return workers;
    }

    boolean closed() {
        return closed;
    }

    @Override
    public void close() {
        closed = true;
        networks.forEach(ProgramNetwork::close);
        networks.clear();
        layers.close();
    }
}
