package org.mixdq4j.core.safetensors;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Collections;
import java.util.Set;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/**
 * The tensors of a file as numbers: 8-bit floats widened to F16, which holds each of them exactly; a weight with a scale
 * beside it multiplied by that, in F32. All other tensors are handed on as they are stored.
 */
final class WidenedWeights {
    private final SafetensorsFolder files;
    private final StoredScales scales;
    private final Set<String> names;

    WidenedWeights(SafetensorsFolder files) {
        this.files = files;
        this.scales = StoredScales.in(files.storedNames());
        this.names = Collections.unmodifiableSet(scales.weights(files.storedNames()));
    }

    Set<String> names() {
        return names;
    }

    DType dtype(String name) {
        if (scales.scaleOf().containsKey(name) || scales.packed().contains(name)) {
            return DType.F32;
        }
        refuseUnsupported(name);
        return isFloat8(name) ? DType.F16 : files.file(name).dtype(name);
    }

    /** Of the weight: packed codes count as the weights that they stand for. */
    Shape shape(String name) {
        Shape stored = files.file(name).shape(name);
        return scales.packed().contains(name) && stored.rank() > 0 ? stored.with(-1, 2 * stored.dim(-1)) : stored;
    }

    Tensor tensor(String name) {
        if (isStoredAsIs(name)) {
            return files.file(name).tensor(name);
        }
        Shape shape = files.shape(name);
        return widened(name, shape, 0, shape.rank() == 0 ? 1 : shape.dim(0));
    }

    Tensor tensor(String name, int fromRow, int toRow) {
        if (isStoredAsIs(name)) {
            return files.file(name).tensor(name, fromRow, toRow);
        }
        Shape shape = files.shape(name);
        return widened(name, shape.with(0, toRow - fromRow), fromRow, toRow);
    }

    private boolean isStoredAsIs(String name) {
        refuseUnsupported(name);
        if (scales.packed().contains(name)) {
            throw ofAnotherQuantizer(name, files.storedType(name), "factors of groups");
        }
        return !isFloat8(name) && !scales.scaleOf().containsKey(name);
    }

    private boolean isFloat8(String name) {
        return Float8.ofName(files.storedType(name)).isPresent();
    }

    private void refuseUnsupported(String name) {
        String scale = scales.unsupported().get(name);
        if (scale != null) {
            throw new MixdqException(files.path() + " holds '" + scale + "', scales of '" + name
                    + "' of a kind that is not read; read are one number, or one a row, as scale_weight or weight_scale:"
                    + " get the weights in another form, such as FP16.");
        }
    }

    private Tensor widened(String name, Shape shape, int fromRow, int toRow) {
        Tensor numbers = isFloat8(name)
                ? Float8.valueOf(files.storedType(name)).widen(codes(name, shape, fromRow), shape)
                : rows(name, fromRow, toRow);
        String scale = scales.scaleOf().get(name);
        return scale == null ? numbers : multiplied(name, numbers, rowScales(name, scale, fromRow, toRow));
    }

    private Tensor rows(String name, int fromRow, int toRow) {
        SafetensorsFile file = files.file(name);
        return file.shape(name).rank() == 0 ? file.tensor(name) : file.tensor(name, fromRow, toRow);
    }

    private ByteBuffer codes(String name, Shape shape, int fromRow) {
        long rowBytes = shape.elements() == 0 || shape.rank() == 0 ? 1 : shape.elements() / shape.dim(0);
        return files.bytes(name, fromRow * rowBytes, Math.toIntExact(shape.elements()));
    }

    /** One scale for all rows, or one for each of those wanted. */
    private float[] rowScales(String name, String scale, int fromRow, int toRow) {
        float[] all = files.file(scale).tensor(scale).toFloatArray();
        Shape weight = files.shape(name);
        Shape shape = files.shape(scale);
        boolean perRow = weight.rank() > 0 && shape.rank() > 0 && shape.dim(0) == weight.dim(0);
        if (all.length == 1) {
            return all;
        }
        if (!perRow || all.length != weight.dim(0)) {
            throw new MixdqException(files.path() + " holds '" + scale + "' of shape " + shape + ", scales of '" + name
                    + "' of shape " + weight + "; expected one number, or one a row: get the weights in another form.");
        }
        return Arrays.copyOfRange(all, fromRow, toRow);
    }

    private static MixdqException ofAnotherQuantizer(String name, String type, String beside) {
        return new MixdqException("The weight '" + name + "' is stored as " + type + " with " + beside
                + " beside it, the form of another quantizer; give the float checkpoint.");
    }

    private static Tensor multiplied(String name, Tensor numbers, float[] scales) {
        if (!numbers.dtype().isFloat()) {
            throw ofAnotherQuantizer(name, numbers.dtype().name(), "a scale");
        }
        float[] values = numbers.toFloatArray();
        int row = values.length / scales.length;
        Tensor out = Tensor.zeros(DType.F32, numbers.shape());
        FloatBuffer to = out.floats();
        for (int i = 0; i < values.length; i++) {
            to.put(values[i] * scales[i / row]);
        }
        return out;
    }
}
