package org.mixdq4j.sensitivity.run;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.mixdq4j.core.calibration.CalibrationSet;
import org.mixdq4j.core.model.folder.ModelFolder;
import org.mixdq4j.core.quant.ScaleSearch;
import org.mixdq4j.core.range.RangeChooser;
import org.mixdq4j.sensitivity.measure.Similarity;
import org.mixdq4j.sensitivity.variant.Variants;

/**
 * What to measure and how.
 *
 * @param weightBits candidates of weights
 * @param activationBits candidates of inputs
 * @param quantizers how a layer is quantized to given bits
 * @param units steps of calibration samples to measure on
 * @param methods exactly, by estimate, or both
 * @param directions of the estimate, a unit
 * @param threads units measured at once
 * @param memoryBytes for recorded values and integer weights, of all threads together
 * @param overwrite whether what was measured with other settings may be thrown away
 */
public record SensitivityRequest(
        ModelFolder model,
        CalibrationSet calibration,
        List<Integer> weightBits,
        List<Integer> activationBits,
        Quantizers quantizers,
        Similarity similarity,
        int units,
        Set<Method> methods,
        int directions,
        int threads,
        long memoryBytes,
        boolean overwrite,
        Path out) {

    /**
     * How ranges and scales are chosen.
     *
     * @param description of all of it: what is measured by another is another measurement
     * @param momentum weight of the past in the running min-max of activations
     * @param batch rows a batch of it
     */
    public record Quantizers(
            String description,
            RangeChooser ranges,
            ScaleSearch search,
            Variants.Form form,
            double momentum,
            int batch) {}

    /** Ways to find a sensitivity. */
    public enum Method {
        /** The network run again from the changed layer on. */
        EXACT,
        /** From gradients. */
        ESTIMATE
    }
}
