package org.mixdq4j.cuda.program;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.mixdq4j.core.exec.Session;
import org.mixdq4j.core.lower.Value;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Step;
import org.mixdq4j.core.metrics.Sqnr;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Tensor;

/**
 * Two sessions of one network, step by step, in which the second goes on from the first one's integers. Left to itself it would
 * not do: floats that differ in the last bit move inputs of layers to the next integer, and the error of a whole level grows from
 * layer to layer until it is as large as what quantizing costs at all, however exact both are.
 *
 * @param sqnr in dB, of outputs, the worst of them
 * @param levels integers between steps
 * @param differing those of the second session that were others before it was given the first one's
 * @param furthest most that one was off
 * @param repeats whether the second session gives the same bits when all steps run at once and when they run one by one
 */
public record SideBySide(double sqnr, long levels, long differing, int furthest, boolean repeats) {
    /**
     * @param reference has its inputs; of an executor of this package, as the other is. Floats between steps may be of another type
     * @param other has the same inputs
     */
    public static SideBySide run(Session reference, Session other) {
        CudaSession first = (CudaSession) reference;
        CudaSession second = (CudaSession) other;
        List<Step> steps = first.program().steps();
        requireSameSteps(steps, second.program().steps());
        Map<String, Tensor> atOnce = second.run();
        for (int i = 0; i < steps.size(); i++) {
            second.runStep(i);
        }
        boolean repeats = atOnce.entrySet().stream().allMatch(output -> output.getValue()
                .buffer()
                .equals(second.copy(second.program().outputs().get(output.getKey()))
                        .buffer()));
        Count count = new Count();
        for (int i = 0; i < steps.size(); i++) {
            first.runStep(i);
            second.runStep(i);
            Set<Value> written = second.program().steps().get(i).writes().stream()
                    .map(View::value)
                    .filter(value -> value.type() == DType.U8)
                    .collect(Collectors.toSet());
            for (Value value : written) {
                Tensor wanted = first.copy(View.of(value));
                count.add(wanted.buffer(), second.copy(View.of(value)).buffer());
                second.put(value, wanted);
            }
        }
        double sqnr = atOnce.keySet().stream()
                .mapToDouble(name -> Sqnr.of(
                        first.copy(first.program().outputs().get(name)).toFloatArray(),
                        second.copy(second.program().outputs().get(name)).toFloatArray()))
                .min()
                .orElseThrow();
        return new SideBySide(sqnr, count.all, count.differing, count.furthest, repeats);
    }

    private static void requireSameSteps(List<Step> steps, List<Step> others) {
        boolean same = steps.size() == others.size();
        for (int i = 0; same && i < steps.size(); i++) {
            same = Objects.equals(steps.get(i).id(), others.get(i).id());
        }
        if (!same) {
            throw new IllegalArgumentException("the sessions are of different programs");
        }
    }

    private static final class Count {
        long all;
        long differing;
        int furthest;

        void add(ByteBuffer wanted, ByteBuffer found) {
            for (int i = 0; i < wanted.capacity(); i++) {
                int off = Math.abs((wanted.get(i) & 255) - (found.get(i) & 255));
                differing += off == 0 ? 0 : 1;
                furthest = Math.max(furthest, off);
            }
            all += wanted.capacity();
        }
    }
}
