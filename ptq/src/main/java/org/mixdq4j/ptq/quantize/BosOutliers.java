package org.mixdq4j.ptq.quantize;

import java.util.Optional;
import java.util.stream.IntStream;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.quant.BosCorrection;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.statistics.ActivationStatistics;
import org.mixdq4j.core.statistics.StatisticsKey;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.HalfFloats;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/**
 * The features in which the begin-of-sentence row is an outlier: those where it exceeds every value of all other tokens.
 * There a rounded weight is multiplied by hundreds, so what rounding lost is kept: a few columns make the row exact to a
 * half float.
 */
final class BosOutliers {
    private BosOutliers() {}

    static Optional<BosCorrection> correction(
            Node layer, Tensor weight, Segment quantized, ActivationStatistics statistics) {
        int inputs = layer.layer().inputs();
        float[] all =
                statistics.get(new StatisticsKey(layer.id(), 0, inputs, false)).channelAbsMax();
        float[] others =
                statistics.get(new StatisticsKey(layer.id(), 0, inputs, true)).channelAbsMax();
        double largest =
                IntStream.range(0, inputs).mapToDouble(i -> others[i]).max().orElse(0);
        int[] columns = IntStream.range(0, inputs).filter(i -> all[i] > largest).toArray();
        if (columns.length == 0) {
            return Optional.empty();
        }
        int outputs = layer.layer().outputs();
        float[] exact = weight.toFloatArray();
        Tensor residual = Tensor.zeros(DType.F16, Shape.of(outputs, columns.length));
        for (int o = 0; o < outputs; o++) {
            for (int k = 0; k < columns.length; k++) {
                int at = o * inputs + columns[k];
                float rounded = quantized.weight().buffer().get(at) * quantized.weightScale()[o];
                residual.buffer().putShort(2 * (o * columns.length + k), HalfFloats.toF16(exact[at] - rounded));
            }
        }
        return Optional.of(new BosCorrection(columns, residual));
    }
}
