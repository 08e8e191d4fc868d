package org.mixdq4j.conformance.support;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.IntConsumer;
import org.mixdq4j.core.lower.Program;
import org.mixdq4j.core.lower.Value;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.interpret.Interpreter;
import org.mixdq4j.core.lower.step.Step;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;

/**
 * What one step wrote otherwise than the interpreter.
 *
 * @param floats largest difference of floats, by the largest magnitude among them
 * @param levels share of integers that differ by one
 * @param wrong integers that differ by more
 */
public record StepDifference(Step step, String value, double floats, double levels, int wrong) {
    /**
     * Runs steps one by one, and each by the interpreter on the same memory: what differs is that step's fault.
     *
     * @param copy what a value holds now
     * @param runner runs a step, by its index
     */
    public static List<StepDifference> run(
            List<Step> steps,
            Function<Value, Tensor> copy,
            IntConsumer runner,
            WeightSource weights,
            Function<String, QuantizedLayer> quantized) {
        List<StepDifference> differences = new ArrayList<>();
        for (int i = 0; i < steps.size(); i++) {
            Step step = steps.get(i);
            Map<String, Value> touched = new LinkedHashMap<>();
            step.reads().forEach(view -> touched.put(view.value().id(), view.value()));
            step.writes().forEach(view -> touched.put(view.value().id(), view.value()));
            Map<String, Tensor> before = new LinkedHashMap<>();
            touched.forEach((id, value) -> before.put(id, copy.apply(value)));
            runner.accept(i);
            Map<String, Tensor> wanted = interpret(step, touched, before, weights, quantized);
            step.writes().stream()
                    .map(View::value)
                    .distinct()
                    .forEach(value -> differences.add(of(step, value, copy.apply(value), wanted.get(value.id()))));
        }
        return differences;
    }

    /** What the interpreter makes of a step's memory. @param values all that it reads and writes */
    private static Map<String, Tensor> interpret(
            Step step,
            Map<String, Value> values,
            Map<String, Tensor> before,
            WeightSource weights,
            Function<String, QuantizedLayer> quantized) {
        Map<String, Long> places = new LinkedHashMap<>();
        long end = 0;
        Map<String, View> outputs = new LinkedHashMap<>();
        for (Value value : values.values()) {
            places.put(value.id(), end);
            end += (value.bytes() + 127) / 64 * 64;
            outputs.put(value.id(), View.of(value));
        }
        Program one = new Program("one step", values, List.of(step), outputs, Set.of(), places, end);
        return Interpreter.run(one, weights, quantized, before);
    }

    private static StepDifference of(Step step, Value value, Tensor found, Tensor wanted) {
        if (!value.type().isFloat()) {
            return integers(step, value, found.buffer(), wanted.buffer());
        }
        return new StepDifference(step, value.toString(), error(found, wanted), 0, 0);
    }

    /** Largest difference of floats by the largest magnitude among those wanted. */
    public static double error(Tensor found, Tensor wanted) {
        float[] a = found.toF32().toFloatArray();
        float[] b = wanted.toF32().toFloatArray();
        double largest = Double.MIN_NORMAL;
        double error = 0;
        for (int i = 0; i < a.length; i++) {
            if (Float.isNaN(b[i]) && Float.isNaN(a[i]) || a[i] == b[i]) {
                continue;
            }
            largest = Math.max(largest, Math.abs(b[i]));
            double difference = Math.abs((double) a[i] - b[i]);
            error = Double.isNaN(difference) ? Double.POSITIVE_INFINITY : Math.max(error, difference);
        }
        return error / largest;
    }

    private static StepDifference integers(Step step, Value value, ByteBuffer found, ByteBuffer wanted) {
        int one = 0;
        int more = 0;
        for (int i = 0; i < found.capacity(); i++) {
            int difference = Math.abs((found.get(i) & 0xFF) - (wanted.get(i) & 0xFF));
            one += difference == 1 ? 1 : 0;
            more += difference > 1 ? 1 : 0;
        }
        return new StepDifference(step, value.toString(), 0, (double) one / found.capacity(), more);
    }
}
