package org.mixdq4j.cuda.program;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.mixdq4j.conformance.support.StepDifference;
import org.mixdq4j.core.exec.FloatType;
import org.mixdq4j.core.exec.Session;
import org.mixdq4j.core.lower.Value;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Step;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;

/** Runs a session's steps one by one, and each by the interpreter on the same memory: what differs is that step's fault. */
final class HostStepCheck {
    private HostStepCheck() {}

    /** Whether roundings of the last float explain it. */
    static boolean within(StepDifference found, FloatType type) {
        double rounding = type == FloatType.F32 ? 1e-5 : type == FloatType.F16 ? 1.5e-3 : 1.2e-2;
        return found.floats() < rounding && found.levels() < 2e-3 && found.wrong() == 0;
    }

    static List<StepDifference> run(Session session, WeightSource weights, Function<String, QuantizedLayer> quantized) {
        CudaSession own = (CudaSession) session;
        List<StepDifference> differences = new ArrayList<>();
        for (int i = 0; i < own.program().steps().size(); i++) {
            Step step = own.program().steps().get(i);
            Map<String, Value> touched = new LinkedHashMap<>();
            step.reads().forEach(view -> touched.put(view.value().id(), view.value()));
            step.writes().forEach(view -> touched.put(view.value().id(), view.value()));
            Map<String, Tensor> before = new LinkedHashMap<>();
            touched.forEach((id, value) -> before.put(id, own.copy(View.of(value))));
            own.runStep(i);
            Map<String, Tensor> wanted = StepDifference.interpret(step, touched, before, weights, quantized);
            Set<String> seen = new HashSet<>();
            for (View view : step.writes()) {
                if (seen.add(view.value().id())) {
                    differences.add(StepDifference.of(
                            step,
                            view.value(),
                            own.copy(View.of(view.value())),
                            wanted.get(view.value().id())));
                }
            }
        }
        return differences;
    }
}
