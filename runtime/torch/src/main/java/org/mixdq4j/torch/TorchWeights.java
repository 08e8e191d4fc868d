package org.mixdq4j.torch;

import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.exec.InstrumentedExecutor;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.op.Op;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.WeightSource;
import org.mixdq4j.torch.kernel.Kernel;
import org.mixdq4j.torch.kernel.ParameterLoader;
import org.mixdq4j.torch.kernel.ParameterStore;

/** Float parameters and simulated layers, each held once for all graphs. */
final class TorchWeights implements InstrumentedExecutor.Weights {
    /** What a simulated layer's kernel depends on. @param single whether there is one token, the one left in float */
    private record Form(String id, Op op, int rank, boolean single) {}

    private final WeightSource weights;
    private final QuantizedLayers quantized;
    private final NDManager manager;
    /** Owns what all networks share. */
    private final NDManager shared;

    private final ParameterStore parameters;
    private final Map<Form, Kernel> simulated = new HashMap<>();
    private final List<TorchNetwork> networks = new ArrayList<>();
    private boolean closed;

    /** @param manager owned by this from now on */
    TorchWeights(WeightSource weights, QuantizedLayers quantized, NDManager manager) {
        this.weights = weights;
        this.quantized = quantized;
        this.manager = manager;
        this.shared = manager.newSubManager();
        this.parameters = new ParameterStore(shared);
    }

    /** What is steady makes no difference: every run computes all that it needs. */
    @Override
    public TorchNetwork plan(Graph graph, Set<String> steady) {
        return plan(graph, () -> {});
    }

    /** The one graph these weights are for: they are closed with it. */
    TorchNetwork planOnly(Graph graph) {
        return plan(graph, this::close);
    }

    private TorchNetwork plan(Graph graph, Runnable afterClose) {
        Map<String, String> idOf = new HashMap<>();
        for (String id : quantized.ids()) {
            if (!graph.contains(id)) {
                throw new MixdqException("There is a quantized layer '" + id + "', but " + graph.name()
                        + " has none of this name: the quantized checkpoint is of another model.");
            }
            idOf.put(graph.node(id).id(), id);
        }
        networks.removeIf(TorchNetwork::closed);
        KernelMaker maker = new KernelMaker(graph, new ParameterLoader(graph.name(), weights, parameters));
        TorchNetwork network =
                new TorchNetwork(graph, manager.newSubManager(), maker, idOf.keySet(), this::bytes, afterClose);
        try {
            for (Node node : graph.nodes()) {
                network.add(node, own -> kernel(node, Optional.ofNullable(idOf.get(node.id())), maker, own));
            }
        } catch (RuntimeException | Error e) {
            network.close();
            throw e;
        }
        network.complete();
        networks.add(network);
        return network;
    }

    private Kernel kernel(Node node, Optional<String> layer, KernelMaker maker, NDManager own) {
        if (layer.isEmpty()) {
            return maker.inFloat(node, own);
        }
        Shape input = maker.graph().shape(node.inputs().get(0));
        boolean single = input.rank() == 3 && input.dim(1) == 1;
        return simulated.computeIfAbsent(
                new Form(node.id(), node.op(), input.rank(), single),
                form -> maker.make(node, quantized.get(layer.get()), shared));
    }

    private long bytes() {
        return TorchNetwork.bytes(shared);
    }

    boolean closed() {
        return closed;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            networks.forEach(TorchNetwork::close);
            manager.close();
        }
    }
}
