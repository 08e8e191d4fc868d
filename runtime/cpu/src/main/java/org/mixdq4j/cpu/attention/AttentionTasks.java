package org.mixdq4j.cpu.attention;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.mixdq4j.core.lower.Value;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Attend;
import org.mixdq4j.core.lower.step.Output;
import org.mixdq4j.core.lower.step.Pointwise;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.cpu.session.Arena;
import org.mixdq4j.cpu.session.Task;
import org.mixdq4j.cpu.session.Workers;
import org.mixdq4j.cpu.vector.Loops;
import org.mixdq4j.cpu.vector.VectorTasks;

/**
 * Attention bound to an arena. Steps of equal shapes share primitives, and all steps share memory for scores. The tasks use
 * what this holds: it is closed after them.
 *
 * <p>Queries, keys and values are F32. Results do not depend on the number of threads. Where integers may be multiplied,
 * they are as far from those of floats as 8 bits a query, key and value are ({@link IntegerAttend}).
 */
public final class AttentionTasks implements AutoCloseable {
    private final Arena arena;
    private final Workers workers;
    private final Loops loops;
    private final VectorTasks vector;
    private final Slot[] slots;
    private final KeyMemory keys = new KeyMemory();
    private final Map<Shape, Arena> between = new HashMap<>();

    public AttentionTasks(Arena arena, Workers workers) {
        this(arena, workers, Loops.best());
    }

    /** With loops of the caller's choice. */
    public AttentionTasks(Arena arena, Workers workers, Loops loops) {
        this.arena = arena;
        this.workers = workers;
        this.loops = loops;
        this.vector = new VectorTasks(arena, workers, loops);
        slots = new Slot[workers.count()];
        for (int i = 0; i < slots.length; i++) {
            slots[i] = new Slot();
        }
    }

    /**
     * Plans a step.
     *
     * @param integers whether integers may be multiplied, where that is faster
     */
    public Task attend(Attend step, boolean integers) {
        Shape shape = step.query().shape();
        int heads = step.op().heads();
        List<Passes.Pass> writers = new ArrayList<>();
        List<Output> rest = new ArrayList<>();
        for (Output output : step.outputs()) {
            if (Results.takes(output, shape)) {
                writers.addAll(Results.writers(output, arena, heads, loops));
            } else {
                rest.add(output);
            }
        }
        Task write = null;
        if (!rest.isEmpty()) {
            View to = View.of(new Value("result", shape, DType.F32));
            Arena between = between(to.value());
            writers.addAll(Results.writers(new Output.Floats(to), between, heads, loops));
            write = vector.pointwise(new Pointwise(step.id(), List.of(to), List.of(), rest), between);
        }
        Task attend = integers && IntegerAttend.takes(step)
                ? new IntegerAttend(step, arena, writers, workers, slots, keys, loops)
                : new FloatAttend(step, arena, writers, workers, slots, loops);
        return write == null ? attend : both(attend, write);
    }

    private static Task both(Task attend, Task write) {
        return () -> {
            attend.run();
            write.run();
        };
    }

    /** Memory for results that are quantized from it right away, one for all steps of a shape. */
    private Arena between(Value value) {
        return between.computeIfAbsent(value.shape(), shape -> new Arena(Map.of(value.id(), 0L), value.bytes()));
    }

    @Override
    public void close() {
        for (Slot slot : slots) {
            slot.close();
        }
        keys.close();
        between.values().forEach(Arena::close);
    }
}
