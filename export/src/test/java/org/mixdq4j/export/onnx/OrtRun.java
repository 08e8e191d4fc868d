package org.mixdq4j.export.onnx;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/** Runs an ONNX file in ONNX Runtime. */
final class OrtRun {
    private OrtRun() {}

    private static OrtEnvironment environment() throws OrtException {
        OrtEnvironment environment = OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR, "test");
        environment.setTelemetry(false);
        return environment;
    }

    static Map<String, Tensor> run(Path model, Map<String, Tensor> inputs) {
        try {
            OrtEnvironment environment = environment();
            OrtSession.SessionOptions options = new OrtSession.SessionOptions();
            options.setIntraOpNumThreads(2);
            options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
            // Else weights of 4 and 8 bits beside float inputs are multiplied with inputs rounded to 8 bits.
            options.addConfigEntry("session.qdq_matmulnbits_accuracy_level", "1");
            try (OrtSession session = environment.createSession(model.toString(), options)) {
                Map<String, OnnxTensor> given = new HashMap<>();
                for (Map.Entry<String, Tensor> input : inputs.entrySet()) {
                    given.put(input.getKey(), tensor(environment, input.getValue()));
                }
                try (OrtSession.Result result = session.run(given)) {
                    Map<String, Tensor> outputs = new LinkedHashMap<>();
                    for (Map.Entry<String, ai.onnxruntime.OnnxValue> output : result) {
                        OnnxTensor value = (OnnxTensor) output.getValue();
                        FloatBuffer floats = value.getFloatBuffer();
                        float[] values = new float[floats.remaining()];
                        floats.get(values);
                        long[] dims = value.getInfo().getShape();
                        int[] extents = new int[dims.length];
                        for (int i = 0; i < dims.length; i++) {
                            extents[i] = Math.toIntExact(dims[i]);
                        }
                        outputs.put(output.getKey(), Tensor.of(Shape.of(extents), values));
                    }
                    return outputs;
                } finally {
                    given.values().forEach(OnnxTensor::close);
                }
            }
        } catch (OrtException e) {
            throw new IllegalStateException(e);
        }
    }

    private static OnnxTensor tensor(OrtEnvironment environment, Tensor tensor) throws OrtException {
        long[] shape = tensor.shape().toLongArray();
        return tensor.dtype() == DType.I64
                ? OnnxTensor.createTensor(environment, tensor.buffer().asLongBuffer(), shape)
                : OnnxTensor.createTensor(environment, tensor.floats(), shape);
    }
}
