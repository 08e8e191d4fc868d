package org.mixdq4j.core.lower.interpret;

import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import org.mixdq4j.core.lower.Program;
import org.mixdq4j.core.lower.Value;
import org.mixdq4j.core.lower.step.Attend;
import org.mixdq4j.core.lower.step.Load;
import org.mixdq4j.core.lower.step.Move;
import org.mixdq4j.core.lower.step.Normalize;
import org.mixdq4j.core.lower.step.Other;
import org.mixdq4j.core.lower.step.Pointwise;
import org.mixdq4j.core.lower.step.Product;
import org.mixdq4j.core.lower.step.Step;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;

/**
 * Runs a program step by step in its own arena: slow, and the definition of what steps do. Not for use by several threads
 * at once.
 */
public final class Interpreter {
    private final Program program;
    private final Memory memory;
    private final Writing writing;
    private final Products products;
    private final Norms norms;
    private final Attention attention;
    private final Others others;

    /**
     * @param weights by parameter name; those of quantized layers are not read
     * @param quantized layer id to its quantized form, null for one in float
     */
    public Interpreter(Program program, WeightSource weights, Function<String, QuantizedLayer> quantized) {
        this.program = program;
        this.memory = new Memory(program.places(), program.arenaBytes());
        this.writing = new Writing(memory);
        Weights held = new Weights(weights, quantized);
        this.products = new Products(memory, writing, held);
        this.norms = new Norms(writing, held);
        this.attention = new Attention(memory, writing);
        this.others = new Others(memory, held);
    }

    /** All outputs of a program by name. @param inputs all of them */
    public static Map<String, Tensor> run(
            Program program,
            WeightSource weights,
            Function<String, QuantizedLayer> quantized,
            Map<String, Tensor> inputs) {
        return new Interpreter(program, weights, quantized).run(inputs);
    }

    /** Sets inputs, runs all steps. Inputs that are not given stay as they were. */
    public Map<String, Tensor> run(Map<String, Tensor> inputs) {
        return run(inputs, new BitSet());
    }

    /** Sets inputs, none of them steady, and runs the steps that are not steady. {@link #run} must have been called before. */
    public Map<String, Tensor> rerun(Map<String, Tensor> inputs) {
        inputs.keySet().stream().filter(program.steady()::contains).findFirst().ifPresent(name -> {
            throw new IllegalArgumentException("'" + name + "' is steady: run all steps");
        });
        return run(inputs, program.steadySteps());
    }

    private Map<String, Tensor> run(Map<String, Tensor> inputs, BitSet left) {
        inputs.forEach((name, tensor) -> {
            Value value = program.inputs().get(name);
            if (value == null) {
                throw new IllegalArgumentException(program.name() + " has no input '" + name + "'");
            }
            memory.set(value, tensor);
        });
        for (int i = 0; i < program.steps().size(); i++) {
            if (!left.get(i)) {
                run(program.steps().get(i));
            }
        }
        Map<String, Tensor> outputs = new LinkedHashMap<>();
        program.outputs().forEach((name, view) -> outputs.put(name, memory.get(view)));
        return outputs;
    }

    private void run(Step step) {
        if (step instanceof Product product) {
            products.run(product);
        } else if (step instanceof Normalize normalize) {
            norms.run(normalize);
        } else if (step instanceof Attend attend) {
            attention.run(attend);
        } else if (step instanceof Pointwise pointwise) {
            writing.finish(writing.joined(pointwise.inputs()), pointwise.then(), pointwise.outputs());
        } else if (step instanceof Move move) {
            memory.move(move.from(), move.to());
        } else if (step instanceof Load load) {
            others.load(load);
        } else if (step instanceof Other other) {
            others.run(other);
        }
    }
}
