package org.mixdq4j.core.exec;

/**
 * What numbers a network is computed in.
 *
 * @param floats what stays in float: layers that are not quantized, norms, attention
 * @param arithmetic how layers whose weights and inputs are integers are computed
 */
public record Numerics(FloatType floats, Arithmetic arithmetic) {
    /** FP32, and integer products where layers are quantized. */
    public static final Numerics INTEGER = new Numerics(FloatType.F32, Arithmetic.INTEGER);

    /** FP32 throughout; quantized layers are simulated. */
    public static final Numerics SIMULATED = new Numerics(FloatType.F32, Arithmetic.SIMULATED);

    /** The same arithmetic in floats of another type. */
    public Numerics in(FloatType other) {
        return new Numerics(other, arithmetic);
    }
}
