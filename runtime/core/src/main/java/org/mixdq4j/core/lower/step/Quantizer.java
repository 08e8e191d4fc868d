package org.mixdq4j.core.lower.step;

import java.util.Arrays;
import java.util.Optional;
import org.mixdq4j.core.quant.InputQuant;
import org.mixdq4j.core.quant.Rotation;

/**
 * How floats become the integers a product reads: {@code x[c] * factors[c]}, rounded to float32, then rotated in runs of
 * {@code rotation} columns, counted from the first that is quantized ({@link Rotation}), then as {@code params} say: a row's
 * own scale is that of its rotated numbers. Equal ones give equal integers.
 *
 * @param factors one a column, or empty
 * @param rotation divides the number of columns; {@link Rotation#NONE} for none
 */
public record Quantizer(InputQuant params, Optional<float[]> factors, int rotation) {
    /** One that does not rotate. */
    public Quantizer(InputQuant params, Optional<float[]> factors) {
        this(params, factors, Rotation.NONE);
    }

    /** Whether each number becomes an integer by itself and its row's scale, whatever its column. */
    public boolean readsAsIs() {
        return factors.isEmpty() && rotation == Rotation.NONE;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Quantizer quantizer
                && params.equals(quantizer.params)
                && rotation == quantizer.rotation
                && Arrays.equals(factors.orElse(null), quantizer.factors.orElse(null));
    }

    @Override
    public int hashCode() {
        return (params.hashCode() * 31 + Arrays.hashCode(factors.orElse(null))) * 31 + rotation;
    }
}
