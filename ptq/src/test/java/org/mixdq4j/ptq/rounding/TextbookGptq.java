package org.mixdq4j.ptq.rounding;

import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
import org.mixdq4j.core.quant.ScaleSearch;
import org.mixdq4j.core.quant.SymmetricWeights;
import org.mixdq4j.core.quant.WeightQuant;

/**
 * Optimal brain quantization in a fixed order as the paper writes it (GPTQ, equations 2 and 3): the inverse of the moment of the
 * weights not yet rounded, from which each rounded one is eliminated.
 */
final class TextbookGptq {
    private TextbookGptq() {}

    /** Integers of one channel. @param scale of the channel */
    static byte[] round(
            SecondMoment moment, int[] order, float[] weights, float scale, WeightQuant quant, ScaleSearch search) {
        int width = weights.length;
        DMatrixRMaj inverse = new DMatrixRMaj(width, width);
        for (int i = 0; i < width; i++) {
            for (int j = 0; j < width; j++) {
                inverse.set(i, j, moment.get(i, j));
            }
        }
        CommonOps_DDRM.invert(inverse);
        double[] now = new double[width];
        for (int i = 0; i < width; i++) {
            now[i] = weights[i];
        }
        int largest = (1 << (quant.bits() - 1)) - 1;
        byte[] integers = new byte[width];
        boolean[] done = new boolean[width];
        int multiplier = 1;
        for (int k : order) {
            if (quant.group() > 0 && k % quant.group() == 0) {
                float[] group = new float[Math.min(quant.group(), width - k)];
                for (int i = 0; i < group.length; i++) {
                    group[i] = (float) now[k + i];
                }
                multiplier = SymmetricWeights.multiplier(group, scale, quant.bits(), search);
            }
            double step = (double) scale * multiplier;
            int code = (int) Math.max(-largest - 1, Math.min(largest, Math.rint(now[k] / step)));
            integers[k] = (byte) (code * multiplier);
            done[k] = true;
            double error = (now[k] - code * step) / inverse.get(k, k);
            double[] column = new double[width];
            for (int j = 0; j < width; j++) {
                column[j] = inverse.get(j, k);
                if (!done[j]) {
                    now[j] -= error * column[j];
                }
            }
            DMatrixRMaj vector = DMatrixRMaj.wrap(width, 1, column);
            CommonOps_DDRM.multAddTransB(-1 / column[k], vector, vector, inverse);
        }
        return integers;
    }
}
