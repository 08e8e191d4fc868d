package org.mixdq4j.core.safetensors;

import java.nio.ByteBuffer;
import java.util.Optional;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.HalfFloats;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/**
 * 8-bit floats, named as safetensors names them (Micikevicius et al., 2209.05433; FNUZ: Noune et al., 2206.02915). Every
 * value of each is one of binary16 too.
 */
enum Float8 {
    F8_E4M3(3, 7, false),
    F8_E5M2(2, 15, false),
    F8_E4M3FNUZ(3, 8, true),
    F8_E5M2FNUZ(2, 16, true);

    private static final int CODES = 256;

    private final float[] values = new float[CODES];
    private final short[] halves = new short[CODES];

    /** @param unsigned whether there is no negative zero, no infinity, and NaN is its code */
    Float8(int mantissaBits, int bias, boolean unsigned) {
        for (int code = 0; code < CODES; code++) {
            values[code] = unsigned && code == 0x80 ? Float.NaN : value(code, mantissaBits, bias);
            if (!unsigned && (code & 0x7f) >= special(mantissaBits)) {
                boolean infinite = mantissaBits == 2 && (code & 3) == 0;
                values[code] = infinite ? Math.copySign(Float.POSITIVE_INFINITY, values[code]) : Float.NaN;
            }
            halves[code] = HalfFloats.toF16(values[code]);
        }
    }

    /** The first code, without its sign, that is no number: E4M3 has one NaN, E5M2 the whole highest exponent. */
    private static int special(int mantissaBits) {
        return mantissaBits == 3 ? 0x7f : 0x7c;
    }

    private static float value(int code, int mantissaBits, int bias) {
        int mantissa = code & ((1 << mantissaBits) - 1);
        int exponent = (code & 0x7f) >> mantissaBits;
        int digits = exponent == 0 ? mantissa : mantissa | 1 << mantissaBits;
        float magnitude = Math.scalb((float) digits, Math.max(exponent, 1) - bias - mantissaBits);
        return (code & 0x80) == 0 ? magnitude : -magnitude;
    }

    static Optional<Float8> ofName(String name) {
        for (Float8 type : values()) {
            if (type.name().equals(name)) {
                return Optional.of(type);
            }
        }
        return Optional.empty();
    }

    float widen(byte code) {
        return values[code & 0xff];
    }

    /** The same numbers as F16. */
    Tensor widen(ByteBuffer codes, Shape shape) {
        Tensor out = Tensor.zeros(DType.F16, shape);
        ByteBuffer to = out.buffer();
        while (codes.hasRemaining()) {
            to.putShort(halves[codes.get() & 0xff]);
        }
        return out;
    }
}
