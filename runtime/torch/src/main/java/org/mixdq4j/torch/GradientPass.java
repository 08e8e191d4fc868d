package org.mixdq4j.torch;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.mixdq4j.core.exec.Observer;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.op.TimestepEmbedding;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.torch.array.Autograd;
import org.mixdq4j.torch.array.TensorBridge;
import org.mixdq4j.torch.array.Torch;
import org.mixdq4j.torch.kernel.Kernel;

/**
 * A pass forward that PyTorch takes note of, and the way back. To each value whose gradient is wanted zeros are added:
 * the gradient with respect to them is the one with respect to the value, and PyTorch keeps gradients of what enters a
 * computation, not of what comes up in it.
 */
final class GradientPass {
    private final Graph graph;
    private final Schedule schedule;
    private final Map<String, Kernel> kernels;
    private final String target;
    private final Map<String, String> wanted = new LinkedHashMap<>();
    private final List<Node> nodes;

    /**
     * @param kernels all float
     * @param target id of the value whose change is asked for
     * @param ids of nodes or modules
     */
    GradientPass(Graph graph, Schedule schedule, Map<String, Kernel> kernels, String target, Set<String> ids) {
        this.graph = graph;
        this.schedule = schedule;
        this.kernels = kernels;
        this.target = target;
        ids.forEach(id -> wanted.put(id, graph.node(id).id()));
        this.nodes = schedule.needed(Set.of(target), graph.inputs()::containsKey);
        Set<String> moving = schedule.dependents(Set.copyOf(wanted.values()));
        for (Node node : nodes) {
            if (node.op() instanceof TimestepEmbedding
                    && moving.contains(node.inputs().get(0))) {
                throw new UnsupportedOperationException("The node '" + node.id() + "' of " + graph.name()
                        + " looks up a timestep that depends on a layer, and has no gradient there; ask for layers behind"
                        + " it only.");
            }
        }
    }

    /** Ids of all values read, graph inputs among them. */
    Set<String> reads() {
        Set<String> reads = new LinkedHashSet<>();
        nodes.forEach(node -> reads.addAll(node.inputs()));
        return reads;
    }

    /**
     * Gradients by the ids asked for.
     *
     * @param given the graph inputs read
     * @param memory owns what is made on the way
     */
    Map<String, Tensor> run(Map<String, NDArray> given, NDArray direction, NDManager memory) {
        Set<String> watched = new LinkedHashSet<>(wanted.values());
        watched.retainAll(nodes.stream().map(Node::id).toList());
        Map<String, NDArray> zeros = new HashMap<>();
        if (!watched.isEmpty()) {
            try (Autograd autograd = new Autograd()) {
                for (String id : watched) {
                    zeros.put(id, autograd.zeros(TensorBridge.shape(graph.shape(id)), memory));
                }
                Map<String, NDArray> made = new Pass(
                                schedule, given, id -> noted(id, zeros.get(id)), target::equals, Observer.NONE, memory)
                        .run(nodes);
                backward(autograd, made.get(target), direction);
            }
        }
        Map<String, Tensor> gradients = new LinkedHashMap<>();
        wanted.forEach((name, id) -> gradients.put(name, gradient(id, zeros.get(id))));
        return gradients;
    }

    private Kernel noted(String id, NDArray zeros) {
        Kernel kernel = kernels.get(id);
        return zeros == null
                ? in -> kernel.run(in.forGradient())
                : in -> kernel.run(in.forGradient()).add(zeros);
    }

    private void backward(Autograd autograd, NDArray value, NDArray direction) {
        boolean divide = !nodes.stream().map(Node::id).allMatch(schedule::small);
        Torch.divideWork(divide);
        try {
            autograd.backward(value, direction);
        } catch (EngineException e) {
            throw Pass.failure(e, "the gradients of " + graph.name());
        } finally {
            Torch.divideWork(true);
        }
    }

    private Tensor gradient(String id, NDArray zeros) {
        if (zeros == null) {
            return Tensor.zeros(DType.F32, graph.shape(id));
        }
        NDArray gradient = zeros.getGradient();
        Tensor exported = TensorBridge.export(gradient);
        gradient.close();
        return exported;
    }
}
