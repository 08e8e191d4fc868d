package org.mixdq4j.torch;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.exec.Observer;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.torch.array.TensorBridge;
import org.mixdq4j.torch.array.Torch;
import org.mixdq4j.torch.kernel.Kernel;
import org.mixdq4j.torch.kernel.Operands;

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
    private boolean workDivided = true;

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
        for (Node node : nodes) {
            for (String id : node.inputs()) {
                usesLeft.merge(id, 1, Integer::sum);
            }
        }
        Torch.divideWork(true);
        // One for all nodes and emptied after each: to make and close one costs as much as a small node.
        try (NDManager scratch = manager.newSubManager()) {
            for (Node node : nodes) {
                evaluate(node, scratch);
                for (String id : node.inputs()) {
                    if (usesLeft.merge(id, -1, Integer::sum) == 0) {
                        freeUnlessKept(id);
                    }
                }
            }
        } finally {
            divideWork(true);
        }
        return made;
    }

    private void evaluate(Node node, NDManager scratch) {
        List<String> inputs = node.inputs();
        NDArray[] values = new NDArray[inputs.size()];
        NDManager[] owners = new NDManager[values.length];
        boolean[] expendable = new boolean[values.length];
        NDArray out = null;
        try {
            for (int i = 0; i < values.length; i++) {
                String id = inputs.get(i);
                NDArray own = made.get(id);
                values[i] = own != null ? own : given.get(id);
                expendable[i] = own != null && schedule.overwritable(id) && !keep.test(id);
                // Lent, so that what is computed from it belongs to the scratch manager.
                owners[i] = values[i].getManager();
                values[i].attach(scratch);
            }
            divideWork(!schedule.small(node.id()));
            out = compute(node, new Operands(values, expendable, scratch));
            if (observer.watches(node.id())) {
                observer.observe(node.id(), TensorBridge.view(out));
            }
        } finally {
            // Backwards, because the owner of a value that is lent twice is known to the first loan.
            for (int i = values.length - 1; i >= 0; i--) {
                if (owners[i] != null) {
                    values[i].attach(owners[i]);
                }
            }
        }
        for (String id : inputs) {
            // An operand that was overwritten is no longer the value of its own node.
            if (made.get(id) == out) {
                made.remove(id);
            }
        }
        out.attach(manager);
        made.put(node.id(), out);
        // What the kernel computed on the way and left behind.
        scratch.getManagedArrays().forEach(NDArray::close);
    }

    private NDArray compute(Node node, Operands operands) {
        try {
            return kernels.apply(node.id()).run(operands);
        } catch (EngineException e) {
            throw failure(e, "'" + node.id() + "' of shape " + node.shape());
        }
    }

    /** What PyTorch's failure means to the user. @param what was being computed */
    static RuntimeException failure(EngineException e, String what) {
        if (String.valueOf(e.getMessage()).contains("allocate memory")) {
            return new MixdqException(
                    "The machine has too little free memory for " + what
                            + ": close other programs, or ask for a smaller picture or batch.",
                    e);
        }
        return new IllegalStateException("PyTorch failed at " + what, e);
    }

    private void divideWork(boolean wanted) {
        if (workDivided != wanted) {
            Torch.divideWork(wanted);
            workDivided = wanted;
        }
    }

    private void freeUnlessKept(String id) {
        NDArray value = keep.test(id) ? null : made.remove(id);
        if (value != null) {
            value.close();
        }
    }
}
