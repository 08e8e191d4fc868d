package org.mixdq4j.cuda.program;

import java.util.List;
import java.util.function.Function;
import org.mixdq4j.conformance.support.StepDifference;
import org.mixdq4j.core.exec.FloatType;
import org.mixdq4j.core.exec.Session;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.quant.QuantizedLayer;
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
        return StepDifference.run(
                own.program().steps(), value -> own.copy(View.of(value)), own::runStep, weights, quantized);
    }
}
