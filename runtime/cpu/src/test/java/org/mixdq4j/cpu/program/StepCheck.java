package org.mixdq4j.cpu.program;

import java.util.List;
import java.util.function.Function;
import org.mixdq4j.conformance.support.StepDifference;
import org.mixdq4j.core.exec.Session;
import org.mixdq4j.core.lower.Value;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;

/** Runs a session's steps one by one, and each by the interpreter on the same memory: what differs is that step's fault. */
public final class StepCheck {
    private StepCheck() {}

    /** @param session of a {@link ProgramExecutor}'s network, its inputs set */
    public static List<StepDifference> run(
            Session session, WeightSource weights, Function<String, QuantizedLayer> quantized) {
        ProgramSession own = (ProgramSession) session;
        return StepDifference.run(
                own.program().steps(),
                value -> copy(own, value),
                step -> own.task(step).run(),
                weights,
                quantized);
    }

    private static Tensor copy(ProgramSession session, Value value) {
        Tensor tensor = Tensor.zeros(value.type(), value.shape());
        tensor.buffer().put(session.arena().buffer(value));
        return tensor;
    }
}
