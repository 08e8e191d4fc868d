package org.mixdq4j.cuda.program;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.mixdq4j.core.exec.ProgramNetwork;
import org.mixdq4j.core.lower.Program;
import org.mixdq4j.core.lower.Value;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.session.Progress;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.cuda.bind.Binder;
import org.mixdq4j.cuda.bind.Planned;
import org.mixdq4j.cuda.device.Device;
import org.mixdq4j.cuda.device.Launch;

/** One arena on the device, and the launches of all steps in it. */
final class CudaSession implements ProgramNetwork.Held {
    private final ProgramNetwork network;
    private final Program program;
    private final Device device;
    private final Progress progress;
    /** Steady inputs as they were set last. */
    private final Map<String, Tensor> held = new HashMap<>();
    /** What is not freed with the weights: the arena, scratch memory, counters. */
    private final List<Long> memory = new ArrayList<>();

    private final long arena;
    private List<Planned> planned = List.of();
    private final List<Launch> launches = new ArrayList<>();
    /** Steps to the launches that run them. */
    private final Map<BitSet, Launch> recorded = new HashMap<>();

    CudaSession(ProgramNetwork network, CudaWeights weights) {
        this.network = network;
        this.program = network.program();
        this.device = weights.device();
        this.progress = new Progress(network.graph(), program);
        this.arena = own(device.allocate(Math.max(1, program.arenaBytes())));
        try {
            prepare(weights);
        } catch (RuntimeException | Error e) {
            release();
            throw e;
        }
    }

    private void prepare(CudaWeights weights) {
        Binder binder = new Binder(device, weights.layers(), weights.constants(), program.places(), arena);
        try {
            for (int i = 0; i < program.steps().size(); i++) {
                binder.plan(i, program.steps().get(i), weights.families());
            }
            launches.addAll(binder.prepare());
        } finally {
            memory.addAll(binder.owned());
        }
        planned = binder.planned();
    }

    private long own(long address) {
        memory.add(address);
        return address;
    }

    @Override
    public void set(String input, Tensor tensor) {
        Value value = progress.give(input, tensor).orElse(null);
        if (value == null) {
            return;
        }
        if (program.steady().contains(input)) {
            Tensor before = held.get(input);
            if (before != null && before.buffer().equals(tensor.buffer())) {
                return;
            }
            Tensor kept = Tensor.zeros(tensor.dtype(), tensor.shape());
            kept.buffer().put(tensor.buffer());
            held.put(input, kept);
            progress.changed();
        }
        device.upload(arena + program.places().get(value.id()), tensor.buffer());
    }

    @Override
    public Map<String, Tensor> run() {
        return run(network.graph().outputs().keySet());
    }

    @Override
    public Map<String, Tensor> run(Set<String> wanted) {
        BitSet steps = progress.steps(wanted);
        recorded.computeIfAbsent(steps, this::record).run();
        Map<String, Tensor> outputs = new LinkedHashMap<>();
        for (String name : wanted) {
            outputs.put(name, copy(program.outputs().get(name)));
        }
        device.synchronize();
        progress.ran(steps);
        return outputs;
    }

    private Launch record(BitSet steps) {
        List<Launch> chosen = new ArrayList<>();
        for (int i = 0; i < launches.size(); i++) {
            if (steps.get(planned.get(i).step())) {
                chosen.add(launches.get(i));
            }
        }
        return device.record(chosen);
    }

    /** What a view of the arena holds. */
    Tensor copy(View view) {
        if (!view.isDense()) {
            throw new IllegalStateException("an output is stored as " + view);
        }
        Tensor tensor = Tensor.zeros(view.value().type(), view.shape());
        ByteBuffer buffer = tensor.buffer();
        long start = program.places().get(view.value().id())
                + view.offset() * view.value().type().bytes();
        device.download(arena + start, buffer);
        return tensor;
    }

    /** Sets what a value holds, for checks. */
    void put(Value value, Tensor tensor) {
        device.upload(arena + program.places().get(value.id()), tensor.buffer());
    }

    Program program() {
        return program;
    }

    /** One step alone, for checks. */
    void runStep(int step) {
        for (int i = 0; i < launches.size(); i++) {
            if (planned.get(i).step() == step) {
                launches.get(i).run();
            }
        }
        device.synchronize();
    }

    /** All launches of its program, in order. */
    List<Planned> planned() {
        return planned;
    }

    @Override
    public void close() {
        progress.clear();
        held.clear();
        network.giveBack(this);
    }

    /** Frees what is on the device. */
    @Override
    public void release() {
        recorded.values().forEach(Launch::close);
        recorded.clear();
        launches.forEach(Launch::close);
        launches.clear();
        memory.forEach(device::free);
        memory.clear();
    }
}
