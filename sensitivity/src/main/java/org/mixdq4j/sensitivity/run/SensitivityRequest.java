package org.mixdq4j.sensitivity.run;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.mixdq4j.core.artifact.calibration.CalibrationSet;
import org.mixdq4j.core.network.source.ModelSource;
import org.mixdq4j.core.quant.ScaleSearch;
import org.mixdq4j.core.quantize.range.RangeChooser;
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
 * @param threads how many work at once; empty for as many as cores and memory allow
 * @param memoryBytes of all threads together: half for recorded values, a quarter each for integer weights and for
 *     gradients. Besides there are the network itself, what one re-run of it makes and, for estimates, all values of it
 *     once a thread
 * @param overwrite whether what was measured with other settings may be thrown away
 */
public record SensitivityRequest(
        ModelSource model,
        CalibrationSet calibration,
        List<Integer> weightBits,
        List<Integer> activationBits,
        Quantizers quantizers,
        Similarity similarity,
        int units,
        Set<Method> methods,
        int directions,
        OptionalInt threads,
        long memoryBytes,
        boolean overwrite,
        Path out) {

    long recordingBytes() {
        return memoryBytes / 2;
    }

    long weightBytes() {
        return memoryBytes / 4;
    }

    long gradientBytes() {
        return memoryBytes / 4;
    }

    /**
     * How ranges and scales are chosen.
     *
     * @param description of all of it: what is measured by another is another measurement
     * @param momentum weight of the past in the running min-max of activations
     * @param batch rows a batch of it
     * @param balance bits of weights and inputs for which factors of input channels are searched; empty for none
     */
    public record Quantizers(
            String description,
            RangeChooser ranges,
            ScaleSearch search,
            Variants.Form form,
            double momentum,
            int batch,
            Optional<BalanceBits> balance) {
        /** Without factors. */
        public Quantizers(
                String description,
                RangeChooser ranges,
                ScaleSearch search,
                Variants.Form form,
                double momentum,
                int batch) {
            this(description, ranges, search, form, momentum, batch, Optional.empty());
        }
    }

    /** What channels are balanced for; the same factors then serve all variants of a layer. */
    public record BalanceBits(int weights, int activations) {}

    /** Ways to find a sensitivity. */
    public enum Method {
        /** The network run again from the changed layer on. */
        EXACT,
        /** From gradients. */
        ESTIMATE
    }
}
