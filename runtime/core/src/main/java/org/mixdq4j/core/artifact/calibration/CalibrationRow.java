package org.mixdq4j.core.artifact.calibration;

import java.util.LinkedHashMap;
import java.util.Map;
import org.mixdq4j.core.tensor.Tensor;

/**
 * One call of the network: what went in and what came out in float.
 *
 * @param sample index in the set
 * @param step scheduler step
 * @param row side of guidance: 0 the negative one where there are two
 * @param inputs by graph input name, first extent 1
 * @param output the raw network output
 */
public record CalibrationRow(int sample, int step, int row, Map<String, Tensor> inputs, Tensor output) {
    /** The inputs as copies, which outlive the reading of the set. */
    public Map<String, Tensor> copyOfInputs() {
        Map<String, Tensor> copy = new LinkedHashMap<>();
        inputs.forEach((name, value) -> copy.put(name, Tensor.stack(value)));
        return copy;
    }
}
