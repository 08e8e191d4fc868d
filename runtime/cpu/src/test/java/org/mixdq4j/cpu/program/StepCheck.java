package org.mixdq4j.cpu.program;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.mixdq4j.conformance.support.StepDifference;
import org.mixdq4j.core.lower.Value;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Step;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;

/** Runs a session's steps one by one, and each by the interpreter on the same memory: what differs is that step's fault. */
public final class StepCheck {
    private StepCheck() {}

    /** @param session of a {@link ProgramExecutor}'s network, its inputs set */
    public static List<StepDifference> run(
            org.mixdq4j.core.exec.Session session, WeightSource weights, Function<String, QuantizedLayer> quantized) {
        ProgramSession own = (ProgramSession) session;
        List<StepDifference> differences = new ArrayList<>();
        for (int i = 0; i < own.program().steps().size(); i++) {
            Step step = own.program().steps().get(i);
            Map<String, Value> touched = new LinkedHashMap<>();
            step.reads().forEach(view -> touched.put(view.value().id(), view.value()));
            step.writes().forEach(view -> touched.put(view.value().id(), view.value()));
            Map<String, Tensor> before = new LinkedHashMap<>();
            touched.forEach((id, value) -> before.put(id, copy(own, value)));
            own.task(i).run();
            Map<String, Tensor> wanted = StepDifference.interpret(step, touched, before, weights, quantized);
            Set<String> seen = new java.util.HashSet<>();
            for (View view : step.writes()) {
                if (seen.add(view.value().id())) {
                    differences.add(StepDifference.of(
                            step,
                            view.value(),
                            copy(own, view.value()),
                            wanted.get(view.value().id())));
                }
            }
        }
        return differences;
    }

    private static Tensor copy(ProgramSession session, Value value) {
        Tensor tensor = Tensor.zeros(value.type(), value.shape());
        tensor.buffer().put(session.arena().buffer(value));
        return tensor;
    }
}
