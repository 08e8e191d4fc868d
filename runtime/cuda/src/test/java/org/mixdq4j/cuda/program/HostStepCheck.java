package org.mixdq4j.cuda.program;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.mixdq4j.core.exec.FloatType;
import org.mixdq4j.core.exec.Session;
import org.mixdq4j.core.lower.Program;
import org.mixdq4j.core.lower.Value;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.interpret.Interpreter;
import org.mixdq4j.core.lower.step.Step;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;

/** Runs a session's steps one by one, and each by the interpreter on the same memory: what differs is that step's fault. */
final class HostStepCheck {
    private HostStepCheck() {}

    /**
     * What one step wrote otherwise than the interpreter.
     *
     * @param floats largest difference of floats, by the largest magnitude among them
     * @param levels share of integers that differ by one
     * @param wrong integers that differ by more
     */
    record Difference(Step step, String value, double floats, double levels, int wrong) {
        /** Whether roundings of the last float explain it. */
        boolean within(FloatType type) {
            double rounding = type == FloatType.F32 ? 1e-5 : type == FloatType.F16 ? 1.5e-3 : 1.2e-2;
            return floats < rounding && levels < 2e-3 && wrong == 0;
        }
    }

    static List<Difference> run(Session session, WeightSource weights, Function<String, QuantizedLayer> quantized) {
        CudaSession own = (CudaSession) session;
        List<Difference> differences = new ArrayList<>();
        for (int i = 0; i < own.program().steps().size(); i++) {
            Step step = own.program().steps().get(i);
            Map<String, Value> touched = new LinkedHashMap<>();
            step.reads().forEach(view -> touched.put(view.value().id(), view.value()));
            step.writes().forEach(view -> touched.put(view.value().id(), view.value()));
            Map<String, Tensor> before = new LinkedHashMap<>();
            touched.forEach((id, value) -> before.put(id, own.copy(View.of(value))));
            own.runStep(i);
            Map<String, Tensor> wanted = interpret(step, touched, before, weights, quantized);
            Set<String> seen = new HashSet<>();
            for (View view : step.writes()) {
                if (seen.add(view.value().id())) {
                    differences.add(compare(
                            step,
                            view.value(),
                            own.copy(View.of(view.value())),
                            wanted.get(view.value().id())));
                }
            }
        }
        return differences;
    }

    private static Map<String, Tensor> interpret(
            Step step,
            Map<String, Value> values,
            Map<String, Tensor> inputs,
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
        return Interpreter.run(one, weights, quantized, inputs);
    }

    private static Difference compare(Step step, Value value, Tensor found, Tensor wanted) {
        if (!value.type().isFloat()) {
            ByteBuffer a = found.buffer();
            ByteBuffer b = wanted.buffer();
            int one = 0;
            int more = 0;
            for (int i = 0; i < a.capacity(); i++) {
                int difference = Math.abs((a.get(i) & 0xFF) - (b.get(i) & 0xFF));
                one += difference == 1 ? 1 : 0;
                more += difference > 1 ? 1 : 0;
            }
            return new Difference(step, value.toString(), 0, (double) one / a.capacity(), more);
        }
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
        return new Difference(step, value.toString(), error / largest, 0, 0);
    }
}
