package org.mixdq4j.cpu.program;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.mixdq4j.core.lower.Program;
import org.mixdq4j.core.lower.step.Attend;
import org.mixdq4j.core.lower.step.Load;
import org.mixdq4j.core.lower.step.Move;
import org.mixdq4j.core.lower.step.Normalize;
import org.mixdq4j.core.lower.step.Other;
import org.mixdq4j.core.lower.step.Pointwise;
import org.mixdq4j.core.lower.step.Product;
import org.mixdq4j.core.lower.step.Step;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.cpu.attention.AttentionTasks;
import org.mixdq4j.cpu.product.Borders;
import org.mixdq4j.cpu.product.Products;
import org.mixdq4j.cpu.product.Scratch;
import org.mixdq4j.cpu.session.Arena;
import org.mixdq4j.cpu.session.Task;
import org.mixdq4j.cpu.vector.VectorTasks;

/** The tasks of a program's steps in one arena. */
final class StepTasks implements AutoCloseable {
    private final Scratch scratch;
    private final Borders borders = new Borders();
    private final Products products;
    private final VectorTasks vectors;
    private final AttentionTasks attention;
    private final IntegerOrigins origins;
    private final SmallParameters parameters;
    private final Task[] tasks;

    StepTasks(Program program, ProgramWeights weights, Arena arena) {
        this.parameters = weights.small();
        this.origins = new IntegerOrigins(program);
        this.tasks = new Task[program.steps().size()];
        this.scratch = new Scratch(weights.workers());
        this.products = new Products(weights.layers(), arena, scratch, borders);
        this.vectors = new VectorTasks(arena, weights.workers());
        this.attention = new AttentionTasks(arena, weights.workers());
        try {
            List<Integer> ofProducts = new ArrayList<>();
            for (int i = 0; i < tasks.length; i++) {
                if (program.steps().get(i) instanceof Product) {
                    ofProducts.add(i);
                } else {
                    tasks[i] = create(program.steps().get(i));
                }
            }
            // Weights are packed meanwhile, which takes the time.
            weights.workers().run(ofProducts.size(), i -> {
                int step = ofProducts.get(i);
                tasks[step] = products.create((Product) program.steps().get(step));
            });
            scratch.allocate();
            weights.layers().collect();
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    Task get(int step) {
        return tasks[step];
    }

    private Task create(Step step) {
        if (step instanceof Normalize normalize) {
            return vectors.normalize(normalize, parameter(normalize, "weight"), parameter(normalize, "bias"));
        }
        if (step instanceof Pointwise pointwise) {
            return vectors.pointwise(pointwise);
        }
        if (step instanceof Attend attend) {
            return attention.attend(attend, origins.of(attend));
        }
        if (step instanceof Move move) {
            return vectors.move(move);
        }
        if (step instanceof Load load) {
            return vectors.load(load, parameters.floats(load.parameter()));
        }
        return vectors.other((Other) step, parameters::table);
    }

    private Optional<float[]> parameter(Normalize step, String suffix) {
        return step.parameters()
                .map(id -> id + "." + suffix)
                .flatMap(parameters::find)
                .map(Tensor::toFloatArray);
    }

    @Override
    public void close() {
        for (Task task : tasks) {
            if (task != null) {
                task.close();
            }
        }
        attention.close();
        borders.close();
        scratch.close();
    }
}
