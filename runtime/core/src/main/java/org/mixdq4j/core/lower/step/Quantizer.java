package org.mixdq4j.core.lower.step;

import java.util.Arrays;
import java.util.Optional;
import org.mixdq4j.core.quant.InputQuant;

/**
 * How floats become the integers a product reads: {@code x[c] * factors[c]}, rounded to float32, then as {@code params} say.
 * Equal ones give equal integers.
 *
 * @param factors one a column, or empty
 */
public record Quantizer(InputQuant params, Optional<float[]> factors) {
    @Override
    public boolean equals(Object other) {
        return other instanceof Quantizer quantizer
                && params.equals(quantizer.params)
                && Arrays.equals(factors.orElse(null), quantizer.factors.orElse(null));
    }

    @Override
    public int hashCode() {
        return params.hashCode() * 31 + Arrays.hashCode(factors.orElse(null));
    }
}
