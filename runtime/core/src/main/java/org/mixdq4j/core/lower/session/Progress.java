package org.mixdq4j.core.lower.session;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.GraphInput;
import org.mixdq4j.core.lower.Program;
import org.mixdq4j.core.lower.Value;
import org.mixdq4j.core.lower.step.Step;
import org.mixdq4j.core.tensor.Tensor;

/** What a session of a program was given, and which steps it still has to run. */
public final class Progress {
    private final Graph graph;
    private final Program program;
    private final List<Set<String>> dependence;
    private final BitSet steady;
    private final Map<Set<String>, BitSet> needed = new HashMap<>();
    /** Inputs that were set. */
    private final Set<String> given = new HashSet<>();
    /** Steady steps whose results are there. */
    private final BitSet done = new BitSet();

    public Progress(Graph graph, Program program) {
        this.graph = graph;
        this.program = program;
        this.dependence = program.dependence();
        this.steady = program.steadySteps();
    }

    /**
     * Notes that an input was given.
     *
     * @return the value that holds it; empty if no step reads it
     * @throws IllegalArgumentException if the graph has no such input
     */
    public Optional<Value> give(String input, Tensor tensor) {
        GraphInput declared = graph.inputs().get(input);
        if (declared == null
                || tensor.dtype() != declared.dtype()
                || !tensor.shape().equals(declared.shape())) {
            throw new IllegalArgumentException(graph.name() + " needs "
                    + (declared == null
                            ? "inputs " + graph.inputs().keySet()
                            : "input '" + input + "' as " + declared.dtype() + declared.shape())
                    + ", got " + tensor + " for '" + input + "'");
        }
        given.add(input);
        return Optional.ofNullable(program.inputs().get(input));
    }

    /** A steady input is not what it was: no result can be kept. */
    public void changed() {
        done.clear();
    }

    /** Steps that have to run for these outputs. @throws IllegalArgumentException if an input they need was not given */
    public BitSet steps(Set<String> wanted) {
        BitSet steps = (BitSet)
                needed.computeIfAbsent(Set.copyOf(wanted), this::stepsFor).clone();
        steps.andNot(done);
        return steps;
    }

    /** Notes that they were run. */
    public void ran(BitSet steps) {
        BitSet kept = (BitSet) steps.clone();
        kept.and(steady);
        done.or(kept);
    }

    /** As if nothing had been given yet. */
    public void clear() {
        given.clear();
        done.clear();
        needed.clear();
    }

    private BitSet stepsFor(Set<String> wanted) {
        Set<String> open = new HashSet<>();
        for (String name : wanted) {
            if (!program.outputs().containsKey(name)) {
                throw new IllegalArgumentException(graph.name() + " has no output '" + name + "', only "
                        + program.outputs().keySet());
            }
            open.add(program.outputs().get(name).value().id());
        }
        BitSet steps = new BitSet();
        Set<String> inputs = new HashSet<>();
        for (int i = program.steps().size() - 1; i >= 0; i--) {
            Step step = program.steps().get(i);
            if (step.writes().stream()
                    .anyMatch(view -> open.contains(view.value().id()))) {
                steps.set(i);
                step.reads().forEach(view -> open.add(view.value().id()));
                inputs.addAll(dependence.get(i));
            }
        }
        requireGiven(inputs, open);
        return steps;
    }

    private void requireGiven(Set<String> inputs, Set<String> open) {
        List<String> wanted = new ArrayList<>(inputs);
        program.inputs().forEach((name, value) -> {
            if (open.contains(value.id())) {
                wanted.add(name);
            }
        });
        for (String name : wanted) {
            if (!given.contains(name)) {
                GraphInput declared = graph.inputs().get(name);
                throw new IllegalArgumentException(graph.name() + " needs input '" + name + "' as " + declared.dtype()
                        + declared.shape() + ", got none");
            }
        }
    }
}
