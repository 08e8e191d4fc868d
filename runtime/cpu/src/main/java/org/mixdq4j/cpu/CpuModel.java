package org.mixdq4j.cpu;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.mixdq4j.core.exec.CompiledModel;
import org.mixdq4j.core.exec.Execution;
import org.mixdq4j.core.exec.Observer;
import org.mixdq4j.core.exec.Recording;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.GraphInput;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.cpu.array.TensorBridge;
import org.mixdq4j.cpu.kernel.Kernel;

/** A graph whose nodes have kernels. */
final class CpuModel implements CompiledModel {
    private final Graph graph;
    private final NDManager manager;
    private final KernelMaker maker;
    private final Schedule schedule;
    private final Map<String, Kernel> kernels = new HashMap<>();
    private final Set<String> quantizedNodes = new TreeSet<>();
    private long weightBytes;
    private boolean integers;

    /** @param manager owned by this model from now on */
    CpuModel(Graph graph, NDManager manager, KernelMaker maker) {
        this.graph = graph;
        this.manager = manager;
        this.maker = maker;
        this.schedule = new Schedule(graph);
    }

    /** Loads what every node needs, asking for one quantized layer at a time. */
    void load(Map<String, QuantizedLayer> quantized, Execution execution) {
        Map<String, String> idOf = new HashMap<>();
        quantized.keySet().forEach(id -> idOf.put(graph.node(id).id(), id));
        quantizedNodes.addAll(idOf.keySet());
        for (Node node : graph.nodes()) {
            Optional<QuantizedLayer> layer =
                    Optional.ofNullable(idOf.get(node.id())).map(quantized::get);
            integers |= execution == Execution.INT8
                    && layer.filter(QuantizedLayer::integer).isPresent();
            kernels.put(node.id(), maker.make(node, layer, execution, manager));
        }
        weightBytes = manager.getManagedArrays().stream()
                        .mapToLong(array -> array.size() * array.getDataType().getNumOfBytes())
                        .sum()
                + kernels.values().stream().mapToLong(Kernel::weightBytes).sum();
    }

    /** Whether some layer is computed in integers. */
    boolean multipliesIntegers() {
        return integers;
    }

    @Override
    public long weightBytes() {
        return weightBytes;
    }

    @Override
    public Graph graph() {
        return graph;
    }

    @Override
    public Map<String, Tensor> run(Map<String, Tensor> inputs, Set<String> wanted, Observer observer) {
        Map<String, String> ids = outputIds(wanted);
        Set<String> kept = new HashSet<>(ids.values());
        List<Node> nodes = schedule.needed(kept, graph.inputs()::containsKey);
        Set<String> read = new LinkedHashSet<>(kept);
        nodes.forEach(node -> read.addAll(node.inputs()));
        try (NDManager memory = manager.newSubManager()) {
            Map<String, NDArray> given = importInputs(inputs, read, memory);
            observeInputs(given, observer);
            Map<String, NDArray> made =
                    new Pass(schedule, given, kernels::get, kept::contains, observer, memory).run(nodes);
            Map<String, Tensor> outputs = new LinkedHashMap<>();
            ids.forEach((name, id) ->
                    outputs.put(name, TensorBridge.export(made.containsKey(id) ? made.get(id) : given.get(id))));
            return outputs;
        }
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
            return new CpuRecording(graph, schedule, values, kernels, quantizedNodes, maker, memory);
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
                    + "'), and rounding has no useful gradient; compile it with every layer in float.");
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
        kernels.values().forEach(Kernel::close);
        kernels.clear();
        maker.quantizedKernels().close();
        manager.close();
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
            Tensor tensor = inputs.get(declared.name());
            if (tensor == null
                    || tensor.dtype() != declared.dtype()
                    || !tensor.shape().equals(declared.shape())) {
                throw new IllegalArgumentException(graph.name() + " needs input '" + declared.name() + "' as "
                        + declared.dtype() + declared.shape() + ", got " + (tensor == null ? "none" : tensor));
            }
            given.put(declared.name(), TensorBridge.copy(tensor, memory));
        }
        return given;
    }

    private static void observeInputs(Map<String, NDArray> given, Observer observer) {
        given.forEach((id, value) -> {
            if (observer.watches(id)) {
                observer.observe(id, TensorBridge.view(value));
            }
        });
    }
}
