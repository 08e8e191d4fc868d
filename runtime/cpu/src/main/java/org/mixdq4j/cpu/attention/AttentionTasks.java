package org.mixdq4j.cpu.attention;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
     * Plans a step. Its results are F32 on the way to whatever outputs it has.
     *
     * @param integers whether integers may be multiplied, where that is faster
     */
    public Task attend(Attend step, boolean integers) {
        Optional<View> direct = step.outputs().stream()
                .filter(output -> direct(output, step.query().shape()))
                .map(Output::to)
                .findFirst();
        List<Output> rest = new ArrayList<>(step.outputs());
        rest.removeIf(output -> direct.isPresent() && output.to() == direct.get());
        View to =
                direct.orElseGet(() -> View.of(new Value("result", step.query().shape(), DType.F32)));
        Arena toArena = direct.isPresent() ? arena : between(to.value());
        Task attend = integers && IntegerAttend.takes(step)
                ? new IntegerAttend(step, arena, to, toArena, workers, slots, keys, loops)
                : new FloatAttend(step, arena, to, toArena, workers, slots, loops);
        if (rest.isEmpty()) {
            return attend;
        }
        Task write = vector.pointwise(new Pointwise(step.id(), List.of(to), List.of(), rest), toArena);
        return () -> {
            attend.run();
            write.run();
        };
    }

    private static boolean direct(Output output, Shape result) {
        View to = output.to();
        return output instanceof Output.Floats
                && to.value().type() == DType.F32
                && to.shape().equals(result)
                && to.strides().get(2) == 1;
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
