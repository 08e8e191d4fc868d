package org.mixdq4j.core.lora;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.mixdq4j.core.safetensors.StoredWeights;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/**
 * Weights with changes added, in FP32, whenever one is read: no more than one changed weight is held at a time. What is asked
 * about files is answered by those of the unchanged weights.
 */
final class MergedWeights implements StoredWeights {
    /** A change and the rows of it that a weight takes. */
    record Change(LowRank product, LoraTargets.Target target) {}

    private final StoredWeights weights;
    private final Map<String, List<Change>> changes;

    /** @param changes by the name of the weight */
    MergedWeights(StoredWeights weights, Map<String, List<Change>> changes) {
        this.weights = weights;
        this.changes = changes;
    }

    @Override
    public Set<String> names() {
        return weights.names();
    }

    @Override
    public DType dtype(String name) {
        return changes.containsKey(name) ? DType.F32 : weights.dtype(name);
    }

    @Override
    public Shape shape(String name) {
        return weights.shape(name);
    }

    @Override
    public Tensor tensor(String name) {
        Tensor stored = weights.tensor(name);
        return changes.containsKey(name)
                ? changed(name, stored, 0, stored.shape().dim(0))
                : stored;
    }

    @Override
    public Tensor tensor(String name, int fromRow, int toRow) {
        Tensor stored = weights.tensor(name, fromRow, toRow);
        return changes.containsKey(name) ? changed(name, stored, fromRow, toRow) : stored;
    }

    private Tensor changed(String name, Tensor stored, int fromRow, int toRow) {
        float[] values = stored.toFloatArray();
        int rows = weights.shape(name).dim(0);
        for (Change change : changes.get(name)) {
            change.product().addTo(values, change.target().rows(fromRow, toRow, rows));
        }
        return Tensor.of(stored.shape(), values);
    }

    @Override
    public Set<String> storedNames() {
        return weights.storedNames();
    }

    @Override
    public String storedType(String name) {
        return weights.storedType(name);
    }

    @Override
    public long[] storedShape(String name) {
        return weights.storedShape(name);
    }

    @Override
    public long byteSize(String name) {
        return weights.byteSize(name);
    }

    @Override
    public ByteBuffer bytes(String name, long offset, int count) {
        return weights.bytes(name, offset, count);
    }

    @Override
    public void close() {
        weights.close();
    }
}
