package org.mixdq4j.core.lower.step;

import java.util.Optional;
import org.mixdq4j.core.lower.View;

/** Where and as what a step's result is written. A step may write its result several times. */
public sealed interface Output {
    /** What is written: columns {@link #from} on, as many as this view has. */
    View to();

    /** First column of the result that is written. */
    int from();

    /** As floating point numbers of the value's type, all columns or some. */
    record Floats(View to, int from) implements Output {
        /** From the first column on. */
        public Floats(View to) {
            this(to, 0);
        }
    }

    /**
     * As unsigned bytes.
     *
     * @param rowScales F32, one a row, where each row is quantized by its own magnitude (over the columns written); else
     *     empty
     */
    record Levels(View to, Optional<View> rowScales, Quantizer quantizer, int from) implements Output {}
}
