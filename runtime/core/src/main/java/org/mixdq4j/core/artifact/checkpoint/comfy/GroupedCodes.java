package org.mixdq4j.core.artifact.checkpoint.comfy;

import java.nio.ByteBuffer;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/**
 * Weights of asym_w4a8_int8: two codes of 4 bits a byte, the first in the low half; a table of 16 levels that is the same for
 * the whole matrix; a factor for each group of a row. What is multiplied is the 8-bit integer
 *
 * <pre>clamp(rint(levels[code] * factor), -127, 127)</pre>
 *
 * with the product rounded to float32 and halves to the even side.
 */
final class GroupedCodes {
    static final int LEVELS = 16;

    private static final int LARGEST = 127;

    private GroupedCodes() {}

    /** The levels where there is no table: the codes themselves, with 8 for 0. */
    static float[] plainLevels() {
        float[] levels = new float[LEVELS];
        for (int code = 0; code < LEVELS; code++) {
            levels[code] = code - LEVELS / 2;
        }
        return levels;
    }

    /**
     * The integers of some rows.
     *
     * @param packed [rows, inputs / 2]
     * @param factors [rows, inputs / group]
     * @param group even
     * @return I8 [rows, inputs]
     */
    static Tensor expand(ByteBuffer packed, int rows, int inputs, float[] levels, float[] factors, int group) {
        Tensor expanded = Tensor.zeros(DType.I8, Shape.of(rows, inputs));
        ByteBuffer to = expanded.buffer();
        byte[] table = new byte[LEVELS];
        for (int run = 0; run < factors.length; run++) {
            for (int code = 0; code < LEVELS; code++) {
                double rounded = Math.rint(levels[code] * factors[run]);
                table[code] = (byte) Math.max(-LARGEST, Math.min(LARGEST, rounded));
            }
            for (int i = 0; i < group / 2; i++) {
                byte two = packed.get();
                to.put(table[two & 0xf]).put(table[two >> 4 & 0xf]);
            }
        }
        return expanded;
    }
}
