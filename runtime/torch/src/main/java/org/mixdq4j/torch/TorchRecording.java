package org.mixdq4j.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.mixdq4j.core.exec.Observer;
import org.mixdq4j.core.exec.Recording;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.torch.array.TensorBridge;
import org.mixdq4j.torch.kernel.Kernel;

/** Values of one run, and the means to compute the others. */
final class TorchRecording implements Recording {
    private final Graph graph;
    private final Schedule schedule;
    private final Map<String, NDArray> values;
    private final Map<String, Kernel> kernels;
    private final Set<String> quantized;
    private final KernelMaker maker;
    private final NDManager memory;
    private long nodesEvaluated;

    /**
     * @param values those kept, all graph inputs among them
     * @param quantized ids of nodes whose kernels are not float
     * @param memory owns the values; closed with this recording
     */
    TorchRecording(
            Graph graph,
            Schedule schedule,
            Map<String, NDArray> values,
            Map<String, Kernel> kernels,
            Set<String> quantized,
            KernelMaker maker,
            NDManager memory) {
        this.graph = graph;
        this.schedule = schedule;
        this.values = Map.copyOf(values);
        this.kernels = kernels;
        this.quantized = quantized;
        this.maker = maker.passing();
        this.memory = memory;
    }

    @Override
    public Tensor value(String id) {
        NDArray kept = values.get(resolve(id));
        return kept != null
                ? TensorBridge.export(kept)
                : rerun(Map.of(), Set.of(id)).get(id);
    }

    @Override
    public Map<String, Tensor> rerun(Map<String, Optional<QuantizedLayer>> changes, Set<String> wanted) {
        Map<String, Optional<QuantizedLayer>> changed = new LinkedHashMap<>();
        changes.forEach((id, layer) -> changed.put(layer(id).id(), layer));
        Map<String, String> ids = new LinkedHashMap<>();
        wanted.forEach(id -> ids.put(id, resolve(id)));
        Set<String> kept = new HashSet<>(ids.values());
        Set<String> stale = schedule.dependents(changed.keySet());
        List<Node> nodes = schedule.needed(kept, id -> values.containsKey(id) && !stale.contains(id));
        Map<String, Kernel> replaced = new HashMap<>();
        try (NDManager scratch = memory.newSubManager()) {
            for (Node node : nodes) {
                Optional<QuantizedLayer> layer = changed.get(node.id());
                boolean same = layer == null || layer.isEmpty() && !quantized.contains(node.id());
                if (!same) {
                    Kernel kernel = layer.map(form -> maker.make(node, form, scratch))
                            .orElseGet(() -> maker.inFloat(node, scratch));
                    replaced.put(node.id(), kernel);
                }
            }
            Map<String, NDArray> made = new Pass(
                            schedule,
                            values,
                            id -> replaced.getOrDefault(id, kernels.get(id)),
                            kept::contains,
                            Observer.NONE,
                            scratch)
                    .run(nodes);
            nodesEvaluated += nodes.size();
            Map<String, Tensor> results = new LinkedHashMap<>();
            ids.forEach((name, id) ->
                    results.put(name, TensorBridge.export(made.containsKey(id) ? made.get(id) : values.get(id))));
            return results;
        }
    }

    @Override
    public long nodesEvaluated() {
        return nodesEvaluated;
    }

    @Override
    public void close() {
        memory.close();
    }

    private String resolve(String id) {
        return graph.inputs().containsKey(id) ? id : graph.node(id).id();
    }

    private Node layer(String id) {
        Node node = graph.node(id);
        if (!node.isLayer()) {
            throw new IllegalArgumentException("'" + id + "' is a " + node.op().name() + ", not a layer");
        }
        return node;
    }
}
