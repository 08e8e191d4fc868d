package org.mixdq4j.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.mixdq4j.core.exec.Instrumented;
import org.mixdq4j.core.exec.Observer;
import org.mixdq4j.core.exec.Recording;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.GraphInput;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.torch.array.TensorBridge;
import org.mixdq4j.torch.kernel.Kernel;

/** A graph whose nodes have kernels. */
final class TorchNetwork implements Instrumented {
    private final Graph graph;
    private final NDManager manager;
    private final KernelMaker maker;
    private final Schedule schedule;
    private final Map<String, Kernel> kernels = new HashMap<>();
    private final Set<String> quantizedNodes;
    private final LongSupplier sharedBytes;
    private final Runnable afterClose;
    private long ownBytes;

    /**
     * Without kernels yet.
     *
     * @param manager owned by this network from now on
     * @param quantizedNodes ids of nodes whose kernels are not float
     * @param sharedBytes of weights that are held outside
     * @param afterClose run once this is closed
     */
    TorchNetwork(
            Graph graph,
            NDManager manager,
            KernelMaker maker,
            Set<String> quantizedNodes,
            LongSupplier sharedBytes,
            Runnable afterClose) {
        this.graph = graph;
        this.manager = manager;
        this.maker = maker;
        this.quantizedNodes = new TreeSet<>(quantizedNodes);
        this.schedule = new Schedule(graph);
        this.sharedBytes = sharedBytes;
        this.afterClose = afterClose;
    }

    /** @param kernel makes the node's kernel. Its arrays may belong to the manager given */
    void add(Node node, Function<NDManager, Kernel> kernel) {
        kernels.put(node.id(), kernel.apply(manager));
    }

    /** Says that all nodes have kernels. */
    void complete() {
        ownBytes = bytes(manager);
    }

    @Override
    public long weightBytes() {
        return sharedBytes.getAsLong() + ownBytes;
    }

    /** Of the arrays of a manager. */
    static long bytes(NDManager manager) {
        return manager.getManagedArrays().stream()
                .mapToLong(array -> array.size() * array.getDataType().getNumOfBytes())
                .sum();
    }

    @Override
    public Graph graph() {
        return graph;
    }

    @Override
    public TorchSession session() {
        return new TorchSession(this, manager.newSubManager());
    }

    @Override
    public Map<String, Tensor> run(Map<String, Tensor> inputs, Set<String> wanted, Observer observer) {
        try (TorchSession session = session()) {
            inputs.forEach((name, tensor) -> {
                if (graph.inputs().containsKey(name)) {
                    session.set(name, tensor);
                }
            });
            return session.run(wanted, observer);
        }
    }

    /** What the wanted outputs need is computed from inputs that stay as they are. */
    Map<String, Tensor> run(Map<String, NDArray> inputs, Set<String> wanted, Observer observer, NDManager memory) {
        Map<String, String> ids = outputIds(wanted);
        Set<String> kept = new HashSet<>(ids.values());
        List<Node> nodes = schedule.needed(kept, graph.inputs()::containsKey);
        Set<String> read = new LinkedHashSet<>(kept);
        nodes.forEach(node -> read.addAll(node.inputs()));
        for (GraphInput declared : graph.inputs().values()) {
            if (read.contains(declared.name())) {
                NDArray value = inputs.get(declared.name());
                if (value == null) {
                    throw wrongInput(declared, null);
                }
                if (observer.watches(declared.name())) {
                    observer.observe(declared.name(), TensorBridge.view(value));
                }
            }
        }
        Map<String, NDArray> made =
                new Pass(schedule, inputs, kernels::get, kept::contains, observer, memory).run(nodes);
        Map<String, Tensor> outputs = new LinkedHashMap<>();
        ids.forEach((name, id) ->
                outputs.put(name, TensorBridge.export(made.containsKey(id) ? made.get(id) : inputs.get(id))));
        return outputs;
    }

    @Override
    public Recording record(Map<String, Tensor> inputs, long budgetBytes) {
        if (budgetBytes < 0) {
            throw new IllegalArgumentException("a recording cannot keep " + budgetBytes + " bytes");
        }
        Set<String> kept = Retention.of(graph, budgetBytes);
        List<Node> nodes = schedule.needed(kept, graph.inputs()::containsKey);
        NDManager memory = manager.newSubManager();
        try {
            Map<String, NDArray> values =
                    new HashMap<>(importInputs(inputs, graph.inputs().keySet(), memory));
            values.putAll(new Pass(schedule, Map.copyOf(values), kernels::get, kept::contains, Observer.NONE, memory)
                    .run(nodes));
            return new TorchRecording(graph, schedule, values, kernels, quantizedNodes, maker, memory);
        } catch (RuntimeException | Error e) {
            memory.close();
            throw e;
        }
    }

    @Override
    public Map<String, Tensor> gradients(Map<String, Tensor> inputs, String output, Tensor direction, Set<String> ids) {
        if (!quantizedNodes.isEmpty()) {
            throw new UnsupportedOperationException("Of " + graph.name() + " " + quantizedNodes.size()
                    + " layers are quantized ('" + quantizedNodes.iterator().next()
                    + "'), and rounding has no useful gradient; load it with every layer in float.");
        }
        String target = outputIds(Set.of(output)).get(output);
        if (direction.dtype() != DType.F32 || !direction.shape().equals(graph.shape(target))) {
            throw new IllegalArgumentException("the direction for output '" + output + "' must be " + DType.F32
                    + graph.shape(target) + ", got " + direction);
        }
        GradientPass pass = new GradientPass(graph, schedule, kernels, target, ids);
        try (NDManager memory = manager.newSubManager()) {
            return pass.run(importInputs(inputs, pass.reads(), memory), TensorBridge.copy(direction, memory), memory);
        }
    }

    /** Arrays held now, those of recordings included. */
    int openArrays() {
        return manager.getManagedArrays().size();
    }

    boolean closed() {
        return !manager.isOpen();
    }

    @Override
    public void close() {
        if (closed()) {
            return;
        }
        kernels.clear();
        manager.close();
        afterClose.run();
    }

    private Map<String, String> outputIds(Set<String> wanted) {
        Map<String, String> ids = new LinkedHashMap<>();
        for (String name : wanted) {
            String id = graph.outputs().get(name);
            if (id == null) {
                throw new IllegalArgumentException(graph.name() + " has no output '" + name + "', only "
                        + graph.outputs().keySet());
            }
            ids.put(name, id);
        }
        return ids;
    }

    private Map<String, NDArray> importInputs(Map<String, Tensor> inputs, Set<String> read, NDManager memory) {
        Map<String, NDArray> given = new LinkedHashMap<>();
        for (GraphInput declared : graph.inputs().values()) {
            if (!read.contains(declared.name())) {
                continue;
            }
            given.put(declared.name(), importInput(declared.name(), inputs.get(declared.name()), memory));
        }
        return given;
    }

    /** A copy. @param tensor null if there is none */
    NDArray importInput(String name, Tensor tensor, NDManager memory) {
        GraphInput declared = graph.inputs().get(name);
        if (declared == null) {
            throw new IllegalArgumentException(graph.name() + " has no input '" + name + "', only "
                    + graph.inputs().keySet());
        }
        if (tensor == null
                || tensor.dtype() != declared.dtype()
                || !tensor.shape().equals(declared.shape())) {
            throw wrongInput(declared, tensor);
        }
        return TensorBridge.copy(tensor, memory);
    }

    private IllegalArgumentException wrongInput(GraphInput declared, Tensor found) {
        return new IllegalArgumentException(graph.name() + " needs input '" + declared.name() + "' as "
                + declared.dtype() + declared.shape() + ", got " + (found == null ? "none" : found));
    }
}
