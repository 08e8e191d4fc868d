package org.mixdq4j.cpu.vector;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.mixdq4j.core.lower.Value;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Epilogue;
import org.mixdq4j.core.lower.step.Load;
import org.mixdq4j.core.lower.step.Move;
import org.mixdq4j.core.lower.step.Normalize;
import org.mixdq4j.core.lower.step.Other;
import org.mixdq4j.core.lower.step.Output;
import org.mixdq4j.core.lower.step.Pointwise;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.cpu.session.Arena;
import org.mixdq4j.cpu.session.Task;
import org.mixdq4j.cpu.session.Workers;

/**
 * Steps that are no products, bound to an arena. Inputs and float outputs are F32 or BF16 with dense rows (inputs may be
 * strided, slowly), integers U8. Results do not depend on the number of threads, nor on whether the JVM has the Vector API.
 */
public final class VectorTasks {
    private final Arena arena;
    private final Workers workers;
    private final Loops loops;

    public VectorTasks(Arena arena, Workers workers) {
        this(arena, workers, Loops.best());
    }

    /** With loops of the caller's choice. */
    public VectorTasks(Arena arena, Workers workers, Loops loops) {
        this.arena = arena;
        this.workers = workers;
        this.loops = loops;
    }

    /**
     * Starts to compile what steps will need, in the background, once a process: to be called as soon as it is known that a
     * program will run, before weights are loaded.
     *
     * @param first run before all else, in the background too
     */
    public static void warmUp(Runnable first) {
        Warmup.start(first);
    }

    /**
     * A norm. Each float is within a few units in the last place of the largest term of its formula.
     *
     * @param weight one a column; empty stands for ones
     * @param bias one a column; empty stands for zeros
     */
    public Task normalize(Normalize step, Optional<float[]> weight, Optional<float[]> bias) {
        if (!step.then().isEmpty() && step.then().get(0) instanceof Epilogue.GeGlu) {
            throw new IllegalArgumentException("a gate after a norm is a step of its own: " + step);
        }
        Sources sources = new Sources(step.inputs(), arena, loops);
        RowShape shape = shape(step.inputs().get(0), sources.columns());
        float[] weights = Scratch.padded(weight.orElseGet(() -> ones(shape.columns())));
        float[] biases = Scratch.padded(bias.orElseGet(() -> new float[shape.columns()]));
        List<Stage> stages = new ArrayList<>(List.of(sources.load(shape.stride())));
        if (step.kind() instanceof Normalize.Groups kind) {
            GroupNorm norm =
                    new GroupNorm(shape, sources, kind.groups(), kind.epsilon(), weights, biases, loops, workers);
            stages.add(norm.stage());
            Task apply = task(shape, stages, step.then(), step.outputs());
            return () -> {
                norm.run();
                apply.run();
            };
        }
        boolean plain = weight.isEmpty() && bias.isEmpty();
        RowNorms norms = new RowNorms(shape, loops);
        if (step.kind() instanceof Normalize.Rows kind) {
            stages.add(plain ? norms.layer(kind, null, null) : norms.layer(kind, weights, biases));
        } else {
            stages.add(norms.rootMeanSquare((Normalize.RootMeanSquare) step.kind(), weights));
        }
        return task(shape, stages, step.then(), step.outputs());
    }

    /** Element by element. */
    public Task pointwise(Pointwise step) {
        return pointwise(step, arena);
    }

    /** Element by element, of inputs in another arena. */
    public Task pointwise(Pointwise step, Arena from) {
        Sources sources = new Sources(step.inputs(), from, loops);
        boolean gated = !step.then().isEmpty() && step.then().get(0) instanceof Epilogue.GeGlu;
        RowShape shape = shape(step.inputs().get(0), gated ? sources.columns() / 2 : sources.columns());
        int stride = shape.stride();
        List<Stage> load =
                gated ? List.of(sources.loadHalves(stride), sources.gate(stride)) : List.of(sources.load(stride));
        List<Epilogue> then = gated ? step.then().subList(1, step.then().size()) : step.then();
        return task(shape, load, then, step.outputs());
    }

    /** A copy. */
    public Task move(Move step) {
        return new MoveTask(step, arena, workers);
    }

    /** A copy of a stored parameter, converted at each run. @param stored the parameter: floats of any type */
    public Task load(Load step, Tensor stored) {
        View seen = step.from();
        Value value = new Value(seen.value().id(), seen.value().shape(), stored.dtype());
        Numbers from = new Numbers(new View(value, seen.shape(), seen.offset(), seen.strides()), stored.buffer());
        Numbers to = new Numbers(step.to(), arena);
        return () -> {
            for (int i = 0; i < to.count; i++) {
                to.put(i, from.get(i));
            }
        };
    }

    /**
     * An op that has no step of its own.
     *
     * @param weights its parameters by name; they stay in use
     */
    public Task other(Other step, Function<String, Tensor> weights) {
        return new OtherTasks(arena, workers).of(step, weights);
    }

    private Task task(RowShape shape, List<Stage> first, List<Epilogue> then, List<Output> outputs) {
        List<Stage> stages = new ArrayList<>(first);
        Epilogues epilogues = new Epilogues(shape, arena, loops);
        then.forEach(epilogue -> stages.add(epilogues.stage(epilogue)));
        Sinks sinks = new Sinks(shape, arena, loops);
        outputs.forEach(output -> stages.add(sinks.stage(output)));
        return new RowTask(shape, stages, workers);
    }

    private static RowShape shape(View input, int columns) {
        int samples = input.shape().rank() < 2 ? 1 : input.shape().dim(0);
        int rows = input.shape().rank() == 0 ? 1 : Math.toIntExact(input.rows());
        return new RowShape(samples, rows / samples, columns);
    }

    private static float[] ones(int count) {
        float[] ones = new float[count];
        Arrays.fill(ones, 1);
        return ones;
    }
}
