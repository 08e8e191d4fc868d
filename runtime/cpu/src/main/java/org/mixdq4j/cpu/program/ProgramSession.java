package org.mixdq4j.cpu.program;

import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.mixdq4j.core.exec.ProgramNetwork;
import org.mixdq4j.core.lower.Program;
import org.mixdq4j.core.lower.Value;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.session.Progress;
import org.mixdq4j.core.lower.session.StepClock;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.cpu.session.Arena;
import org.mixdq4j.cpu.session.Task;
import org.mixdq4j.cpu.session.Workers;

/** One arena, and the steps bound to it. */
final class ProgramSession implements ProgramNetwork.Held {
    private final ProgramNetwork network;
    private final Program program;
    private final Progress progress;
    private final Arena arena;
    private final StepTasks tasks;
    private final Workers workers;

    ProgramSession(ProgramNetwork network, ProgramWeights weights) {
        this.network = network;
        this.program = network.program();
        this.workers = weights.workers();
        this.progress = new Progress(network.graph(), program);
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
        Value value = progress.give(input, tensor).orElse(null);
        if (value == null) {
            return;
        }
        ByteBuffer held = arena.buffer(value);
        if (program.steady().contains(input)) {
            if (held.equals(tensor.buffer())) {
                return;
            }
            progress.changed();
        }
        held.put(tensor.buffer());
    }

    @Override
    public Map<String, Tensor> run() {
        return run(network.graph().outputs().keySet());
    }

    @Override
    public Map<String, Tensor> run(Set<String> wanted) {
        BitSet steps = progress.steps(wanted);
        StepClock clock = network.clock().orElse(null);
        workers.wake();
        try {
            for (int i = steps.nextSetBit(0); i >= 0; i = steps.nextSetBit(i + 1)) {
                run(i, clock);
            }
        } finally {
            workers.rest();
        }
        progress.ran(steps);
        Map<String, Tensor> outputs = new LinkedHashMap<>();
        for (String name : wanted) {
            outputs.put(name, copy(program.outputs().get(name)));
        }
        return outputs;
    }

    private void run(int step, StepClock clock) {
        if (clock == null) {
            tasks.get(step).run();
            return;
        }
        long start = System.nanoTime();
        tasks.get(step).run();
        clock.ran(step, System.nanoTime() - start);
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
        progress.clear();
        network.giveBack(this);
    }

    /** Releases what is native. */
    @Override
    public void release() {
        tasks.close();
        arena.close();
    }
}
