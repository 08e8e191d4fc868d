package org.mixdq4j.export.onnx;

import java.util.Map;
import org.mixdq4j.core.quant.AffineParams;

/**
 * How a network is written.
 *
 * @param form of quantized layers
 * @param externalData whether tensors lie in a file of their own even where they would fit the model's
 * @param outputs ranges of layers' outputs by layer id, where they are known: with {@link QuantForm#QDQ} the outputs of these
 *     layers are quantized too, without which ONNX Runtime's CPU kernels do not convolve in integers. TensorRT wants none
 */
public record OnnxOptions(QuantForm form, boolean externalData, Map<String, AffineParams> outputs) {
    public OnnxOptions {
        outputs = Map.copyOf(outputs);
    }

    /** A form, in one file where it fits one. */
    public static OnnxOptions of(QuantForm form) {
        return new OnnxOptions(form, false, Map.of());
    }
}
