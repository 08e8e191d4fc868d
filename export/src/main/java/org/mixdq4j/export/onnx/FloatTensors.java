package org.mixdq4j.export.onnx;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.stream.IntStream;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/** Bytes of weights as ONNX files hold them, made a few rows at a time. */
final class FloatTensors {
    private static final int PART = 1 << 20;

    private FloatTensors() {}

    /** A floating point tensor as F32. @throws MixdqException if it holds a number that is not finite */
    static TensorStore.Content asIs(String name, Tensor tensor) {
        return sink -> {
            Shape shape = tensor.shape();
            int rows = shape.rank() == 0 ? 1 : shape.dim(0);
            int width = Math.toIntExact(shape.elements() / Math.max(1, rows));
            int some = Math.max(1, PART / Math.max(1, width));
            for (int row = 0; row < rows; row += some) {
                Tensor part = shape.rank() == 0 ? tensor : tensor.slice(row, Math.min(rows, row + some));
                write(finite(name, part.toFloatArray()), sink);
            }
        };
    }

    /** A matrix [outputs, inputs] as F32 [inputs, outputs]. @throws MixdqException if it holds a number that is not finite */
    static TensorStore.Content transposed(String name, Tensor matrix) {
        return sink -> {
            int outputs = matrix.shape().dim(0);
            int inputs = matrix.shape().dim(1);
            float[] values = finite(name, matrix.toFloatArray());
            int some = Math.max(1, PART / outputs);
            for (int from = 0; from < inputs; from += some) {
                int count = Math.min(some, inputs - from);
                int start = from;
                float[] part = new float[count * outputs];
                IntStream.range(0, count).parallel().forEach(i -> {
                    for (int o = 0; o < outputs; o++) {
                        part[i * outputs + o] = values[o * inputs + start + i];
                    }
                });
                write(part, sink);
            }
        };
    }

    /** A matrix of bytes [outputs, inputs] as [inputs, outputs]. */
    static TensorStore.Content transposedBytes(ByteBuffer matrix, int outputs) {
        return sink -> {
            int inputs = matrix.capacity() / outputs;
            int some = Math.max(1, PART / outputs);
            for (int from = 0; from < inputs; from += some) {
                int count = Math.min(some, inputs - from);
                byte[] part = new byte[count * outputs];
                for (int o = 0; o < outputs; o++) {
                    for (int i = 0; i < count; i++) {
                        part[i * outputs + o] = matrix.get(o * inputs + from + i);
                    }
                }
                sink.accept(ByteBuffer.wrap(part));
            }
        };
    }

    static void write(float[] values, TensorStore.Sink sink) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocateDirect(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        sink.accept(bytes);
    }

    private static float[] finite(String name, float[] values) {
        for (float value : values) {
            if (!Float.isFinite(value)) {
                throw new MixdqException("The weights hold " + value + " in '" + name
                        + "', finite numbers are expected: get the model again.");
            }
        }
        return values;
    }
}
