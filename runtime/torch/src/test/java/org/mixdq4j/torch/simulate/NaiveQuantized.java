package org.mixdq4j.torch.simulate;

import java.util.Arrays;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.graph.op.Layer;
import org.mixdq4j.core.quant.AffineParams;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.torch.kernel.NaiveProducts;

/** Quantized layers by their definition: {@link AffineParams} an element at a time, sums in double. */
final class NaiveQuantized {
    private NaiveQuantized() {}

    /** @param out shape of the output */
    static double[] run(Layer layer, QuantizedLayer quantized, Tensor x, Shape out) {
        int tokens = x.shape().rank() == 3 ? x.shape().dim(1) : 1;
        double[] y = new double[(int) out.elements()];
        for (Segment segment : quantized.segments()) {
            double[] input = channels(layer, segment, x, quantized.bos(), tokens);
            double[] weight = weight(segment);
            int width = segment.to() - segment.from();
            double[] term;
            if (layer instanceof Conv2d conv) {
                Conv2d part = new Conv2d(
                        width,
                        conv.outputs(),
                        conv.kernelHeight(),
                        conv.kernelWidth(),
                        conv.stride(),
                        conv.padding(),
                        false);
                term = NaiveProducts.conv(input, x.shape().with(1, width), weight, null, part, out);
            } else {
                term = NaiveProducts.linear(input, weight, null, width, layer.outputs());
            }
            Arrays.setAll(y, i -> y[i] + term[i]);
        }
        quantized.bias().ifPresent(bias -> {
            int inner = layer instanceof Conv2d ? out.dim(2) * out.dim(3) : 1;
            Arrays.setAll(y, i -> y[i] + bias.floats().get(i / inner % layer.outputs()));
        });
        return y;
    }

    private static double[] channels(Layer layer, Segment segment, Tensor x, boolean bos, int tokens) {
        int inner = layer instanceof Conv2d ? x.shape().dim(2) * x.shape().dim(3) : 1;
        int width = segment.to() - segment.from();
        int rows = (int) x.shape().elements() / (layer.inputs() * inner);
        double[] out = new double[rows * width * inner];
        for (int i = 0; i < out.length; i++) {
            int row = i / (width * inner);
            int channel = segment.from() + i / inner % width;
            float value = x.floats().get((row * layer.inputs() + channel) * inner + i % inner);
            boolean asIs = segment.activation().isEmpty() || bos && row % tokens == 0;
            out[i] = asIs ? value : rounded(segment.fixed(), value);
        }
        return out;
    }

    private static double rounded(AffineParams params, float value) {
        return params.dequantize(params.quantize(value));
    }

    private static double[] weight(Segment segment) {
        if (!segment.integerWeight()) {
            return NaiveProducts.doubles(segment.weight().toFloatArray());
        }
        double[] out = new double[(int) segment.weight().shape().elements()];
        int perOutput = out.length / segment.weightScale().length;
        Arrays.setAll(out, i -> segment.weight().buffer().get(i) * (double) segment.weightScale()[i / perOutput]);
        return out;
    }
}
