package org.mixdq4j.cpu.program;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.mixdq4j.core.exec.Session;
import org.mixdq4j.core.graph.GraphInput;
import org.mixdq4j.core.lower.Program;
import org.mixdq4j.core.lower.Value;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Step;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.cpu.session.Arena;
import org.mixdq4j.cpu.session.Task;

/** One arena, and the steps bound to it. */
final class ProgramSession implements Session {
    private final ProgramNetwork network;
    private final Program program;
    private final List<Set<String>> dependence;
    private final BitSet steady;
    private final Arena arena;
    private final StepTasks tasks;
    private final Map<Set<String>, BitSet> needed = new HashMap<>();
    /** Inputs that were set. */
    private final Set<String> given = new HashSet<>();
    /** Steady steps whose results are there. */
    private final BitSet done = new BitSet();

    ProgramSession(ProgramNetwork network, ProgramWeights weights) {
        this.network = network;
        this.program = network.program();
        this.dependence = program.dependence();
        this.steady = program.steadySteps();
        this.arena = new Arena(program.places(), program.arenaBytes());
        try {
            this.tasks = new StepTasks(program, weights, arena);
        } catch (RuntimeException | Error e) {
            arena.close();
            throw e;
        }
    }

    @Override
    public void set(String input, Tensor tensor) {
        GraphInput declared = network.graph().inputs().get(input);
        if (declared == null
                || tensor.dtype() != declared.dtype()
                || !tensor.shape().equals(declared.shape())) {
            throw new IllegalArgumentException(network.graph().name() + " needs "
                    + (declared == null
                            ? "inputs " + network.graph().inputs().keySet()
                            : "input '" + input + "' as " + declared.dtype() + declared.shape())
                    + ", got " + tensor + " for '" + input + "'");
        }
        given.add(input);
        Value value = program.inputs().get(input);
        if (value == null) {
            return;
        }
        ByteBuffer held = arena.buffer(value);
        if (program.steady().contains(input)) {
            if (held.equals(tensor.buffer())) {
                return;
            }
            done.clear();
        }
        held.put(tensor.buffer());
    }

    @Override
    public Map<String, Tensor> run() {
        return run(network.graph().outputs().keySet());
    }

    @Override
    public Map<String, Tensor> run(Set<String> wanted) {
        BitSet steps = needed.computeIfAbsent(Set.copyOf(wanted), this::stepsFor);
        for (int i = steps.nextSetBit(0); i >= 0; i = steps.nextSetBit(i + 1)) {
            if (!done.get(i)) {
                tasks.get(i).run();
                if (steady.get(i)) {
                    done.set(i);
                }
            }
        }
        Map<String, Tensor> outputs = new LinkedHashMap<>();
        for (String name : wanted) {
            outputs.put(name, copy(program.outputs().get(name)));
        }
        return outputs;
    }

    private Tensor copy(View view) {
        if (!view.isDense()) {
            throw new IllegalStateException("an output is stored as " + view);
        }
        Tensor tensor = Tensor.zeros(view.value().type(), view.shape());
        int size = view.value().type().bytes();
        ByteBuffer from = arena.buffer(view.value());
        int start = Math.toIntExact(view.offset() * size);
        tensor.buffer().put(from.slice(start, Math.toIntExact(view.shape().elements() * size)));
        return tensor;
    }

    /** The steps that some outputs need. */
    private BitSet stepsFor(Set<String> wanted) {
        Set<String> open = new HashSet<>();
        for (String name : wanted) {
            View view = program.outputs().get(name);
            if (view == null) {
                throw new IllegalArgumentException(network.graph().name() + " has no output '" + name + "', only "
                        + program.outputs().keySet());
            }
            open.add(view.value().id());
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
        List<String> needed = new ArrayList<>(inputs);
        program.inputs().forEach((name, value) -> {
            if (open.contains(value.id())) {
                needed.add(name);
            }
        });
        for (String name : needed) {
            if (!given.contains(name)) {
                GraphInput declared = network.graph().inputs().get(name);
                throw new IllegalArgumentException(network.graph().name() + " needs input '" + name + "' as "
                        + declared.dtype() + declared.shape() + ", got none");
            }
        }
    }

    Program program() {
        return program;
    }

    Arena arena() {
        return arena;
    }

    /** The task of a step, for measurements. */
    Task task(int step) {
        return tasks.get(step);
    }

    @Override
    public void close() {
        given.clear();
        done.clear();
        needed.clear();
        network.giveBack(this);
    }

    /** Releases what is native. */
    void release() {
        tasks.close();
        arena.close();
    }
}
