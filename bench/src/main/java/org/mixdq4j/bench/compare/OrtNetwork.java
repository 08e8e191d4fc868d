package org.mixdq4j.bench.compare;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Tensor;

/** A network in ONNX Runtime, with all of its optimizations. */
final class OrtNetwork implements AutoCloseable {
    private final OrtEnvironment environment;
    private final OrtSession session;
    private final int threads;

    private OrtNetwork(OrtEnvironment environment, OrtSession session, int threads) {
        this.environment = environment;
        this.session = session;
        this.threads = threads;
    }

    static OrtNetwork load(Path model, int threads) {
        try {
            OrtEnvironment environment =
                    OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR, "bench");
            environment.setTelemetry(false);
            OrtSession.SessionOptions options = new OrtSession.SessionOptions();
            options.setIntraOpNumThreads(threads);
            options.setInterOpNumThreads(1);
            options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
            return new OrtNetwork(environment, environment.createSession(model.toString(), options), threads);
        } catch (OrtException e) {
            throw new IllegalStateException("ONNX Runtime does not load " + model + ": " + e.getMessage(), e);
        }
    }

    String description() {
        return "ONNX Runtime " + environment.getVersion() + ", " + threads + " threads";
    }

    /** Outputs by the graph's names. */
    Map<String, Tensor> run(Map<String, Tensor> inputs, Graph graph) {
        Map<String, OnnxTensor> given = new HashMap<>();
        try {
            for (Map.Entry<String, Tensor> input : inputs.entrySet()) {
                Tensor tensor = input.getValue();
                long[] shape = tensor.shape().toLongArray();
                given.put(
                        input.getKey(),
                        tensor.dtype() == DType.I64
                                ? OnnxTensor.createTensor(
                                        environment, tensor.buffer().asLongBuffer(), shape)
                                : OnnxTensor.createTensor(environment, tensor.floats(), shape));
            }
            Map<String, Tensor> outputs = new LinkedHashMap<>();
            try (OrtSession.Result result = session.run(given)) {
                int index = 0;
                for (Map.Entry<String, String> output : graph.outputs().entrySet()) {
                    OnnxValue value = result.get(index++);
                    FloatBuffer floats = ((OnnxTensor) value).getFloatBuffer();
                    float[] values = new float[floats.remaining()];
                    floats.get(values);
                    outputs.put(output.getKey(), Tensor.of(graph.shape(output.getValue()), values));
                }
            }
            return outputs;
        } catch (OrtException e) {
            throw new IllegalStateException("ONNX Runtime does not run the network: " + e.getMessage(), e);
        } finally {
            given.values().forEach(OnnxTensor::close);
        }
    }

    @Override
    public void close() {
        try {
            session.close();
        } catch (OrtException e) {
            throw new IllegalStateException(e);
        }
    }
}
