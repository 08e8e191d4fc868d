package org.mixdq4j.cpu;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.exec.Observer;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.cpu.array.TensorBridge;
import org.mixdq4j.cpu.kernel.Kernel;
import org.mixdq4j.cpu.kernel.Operands;

/**
 * One evaluation of some nodes of a graph. Values given from outside are never changed or freed; values made here are
 * freed after their last use unless they are to be kept, and may be overwritten by it if they are the schedule's to
 * overwrite.
 */
final class Pass {
    private final Schedule schedule;
    private final Map<String, NDArray> given;
    private final Function<String, Kernel> kernels;
    private final Predicate<String> keep;
    private final Observer observer;
    private final NDManager manager;
    private final Map<String, NDArray> made = new HashMap<>();
    private final Map<String, Integer> usesLeft = new HashMap<>();

    /**
     * @param given values by id: whatever the nodes read and do not make
     * @param keep ids of the values that must outlive the pass
     * @param manager owns the values made
     */
    Pass(
            Schedule schedule,
            Map<String, NDArray> given,
            Function<String, Kernel> kernels,
            Predicate<String> keep,
            Observer observer,
            NDManager manager) {
        this.schedule = schedule;
        this.given = given;
        this.kernels = kernels;
        this.keep = keep;
        this.observer = observer;
        this.manager = manager;
    }

    /** The values made and kept, by id. @param nodes in topological order */
    Map<String, NDArray> run(List<Node> nodes) {
        nodes.forEach(node -> node.inputs().forEach(id -> usesLeft.merge(id, 1, Integer::sum)));
        for (Node node : nodes) {
            evaluate(node);
            node.inputs().forEach(id -> usesLeft.merge(id, -1, Integer::sum));
            new HashSet<>(node.inputs()).forEach(this::freeIfUnused);
        }
        return made;
    }

    private void evaluate(Node node) {
        // What a kernel computes on the way is owned by this manager and gone with it.
        try (NDManager scratch = manager.newSubManager()) {
            NDArray[] values = new NDArray[node.inputs().size()];
            boolean[] expendable = new boolean[values.length];
            // By identity: arrays are equal if their elements are.
            Set<NDArray> lent = Collections.newSetFromMap(new IdentityHashMap<>());
            for (int i = 0; i < values.length; i++) {
                String id = node.inputs().get(i);
                values[i] = made.containsKey(id) ? made.get(id) : given.get(id);
                expendable[i] = made.containsKey(id) && !keep.test(id) && schedule.overwritable(id);
                if (lent.add(values[i])) {
                    values[i].tempAttach(scratch);
                }
            }
            NDArray out = compute(node, new Operands(values, expendable, scratch));
            if (observer.watches(node.id())) {
                observer.observe(node.id(), TensorBridge.view(out));
            }
            // An operand that was overwritten is no longer the value of its own node.
            node.inputs().stream().filter(id -> made.get(id) == out).findFirst().ifPresent(made::remove);
            out.attach(manager);
            made.put(node.id(), out);
        }
    }

    private NDArray compute(Node node, Operands operands) {
        try {
            return kernels.apply(node.id()).run(operands);
        } catch (EngineException e) {
            if (String.valueOf(e.getMessage()).contains("allocate memory")) {
                throw new MixdqException(
                        "The machine has too little free memory for '" + node.id() + "' of shape " + node.shape()
                                + ": close other programs, or ask for a smaller picture or batch.",
                        e);
            }
            throw new IllegalStateException("PyTorch failed at node '" + node.id() + "'", e);
        }
    }

    private void freeIfUnused(String id) {
        if (usesLeft.get(id) == 0 && !keep.test(id) && made.containsKey(id)) {
            made.remove(id).close();
        }
    }
}
