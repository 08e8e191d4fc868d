package org.mixdq4j.ptq.rank;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.mixdq4j.core.artifact.calibration.CalibrationSet;
import org.mixdq4j.core.artifact.calibration.Spread;
import org.mixdq4j.core.pipeline.LatentInput;
import org.mixdq4j.core.tensor.Tensor;

/**
 * One step of one calibration sample.
 *
 * @param step of the scheduler
 * @param inputs of the network, one a row: with guidance the negative side first
 * @param outputs what the float network said to each
 */
record NetworkCall(int step, List<Map<String, Tensor>> inputs, List<Tensor> outputs) {
    /** What the network read of the latents, the same in every row. */
    Tensor latents() {
        return LatentInput.of(inputs.get(0));
    }

    /** Calls spread over samples and steps of a set, copied so that they outlive the reading. */
    static List<NetworkCall> of(CalibrationSet set, int count) {
        int sides = set.manifest().rows();
        Set<Integer> wanted = Spread.calls(set, count);
        List<NetworkCall> calls = new ArrayList<>();
        int[] seen = {0};
        set.forEachRow(row -> {
            int call = seen[0]++ / sides;
            if (wanted.contains(call)) {
                if (row.row() == 0) {
                    calls.add(new NetworkCall(row.step(), new ArrayList<>(), new ArrayList<>()));
                }
                NetworkCall last = calls.get(calls.size() - 1);
                last.inputs.add(row.copyOfInputs());
                last.outputs.add(Tensor.stack(row.output()));
            }
        });
        return calls;
    }
}
