package org.mixdq4j.ptq.run;

import java.nio.file.Path;
import java.util.Optional;
import org.mixdq4j.core.artifact.calibration.CalibrationSet;
import org.mixdq4j.core.network.source.ModelSource;
import org.mixdq4j.ptq.scheme.Scheme;

/**
 * What to quantize and how.
 *
 * @param plan the bits of each layer; empty: the scheme's
 * @param ablationRows calibration rows on which the summary measures what BOS-awareness and splitting buy; 0 for none
 * @param overwrite whether a checkpoint already at {@code out} may be replaced once the new one is finished
 */
public record PtqRequest(
        ModelSource model,
        CalibrationSet calibration,
        Scheme scheme,
        Optional<PlanChoice> plan,
        int ablationRows,
        boolean overwrite,
        Path out) {

    /** By a scheme alone. */
    public PtqRequest(
            ModelSource model,
            CalibrationSet calibration,
            Scheme scheme,
            int ablationRows,
            boolean overwrite,
            Path out) {
        this(model, calibration, scheme, Optional.empty(), ablationRows, overwrite, out);
    }
}
