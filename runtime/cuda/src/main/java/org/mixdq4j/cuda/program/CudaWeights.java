package org.mixdq4j.cuda.program;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.mixdq4j.core.exec.FloatType;
import org.mixdq4j.core.exec.Loaded;
import org.mixdq4j.core.exec.Network;
import org.mixdq4j.core.exec.ProgramNetwork;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.lower.Lowering;
import org.mixdq4j.core.lower.Program;
import org.mixdq4j.core.lower.weights.StoredLayers;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.tensor.WeightSource;
import org.mixdq4j.cuda.bind.Constants;
import org.mixdq4j.cuda.bind.Family;
import org.mixdq4j.cuda.device.Device;

/** Weights on the device, for all programs of a network. */
final class CudaWeights implements Loaded {
    private final Device device;
    private final List<Family> families;
    private final StoredLayers layers;
    private final Constants constants;
    private final CudaTarget target;
    private final List<ProgramNetwork> networks = new ArrayList<>();

    CudaWeights(
            Device device, List<Family> families, WeightSource weights, QuantizedLayers quantized, FloatType floats) {
        this.device = device;
        this.families = families;
        this.layers = new StoredLayers(weights, quantized);
        this.constants = new Constants(device);
        this.target = new CudaTarget(floats);
    }

    @Override
    public Network plan(Graph graph, Set<String> steady) {
        layers.check(graph);
        Program program = Lowering.lower(graph, layers::form, steady, target);
        ProgramNetwork network =
                new ProgramNetwork(graph, program, own -> new CudaSession(own, this), constants::bytes);
        networks.add(network);
        return network;
    }

    Device device() {
        return device;
    }

    List<Family> families() {
        return families;
    }

    StoredLayers layers() {
        return layers;
    }

    Constants constants() {
        return constants;
    }

    @Override
    public void close() {
        networks.forEach(ProgramNetwork::close);
        networks.clear();
        constants.close();
    }
}
