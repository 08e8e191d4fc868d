package org.mixdq4j.core.quantize.balance;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.mixdq4j.core.artifact.calibration.CalibrationSet;
import org.mixdq4j.core.artifact.calibration.Spread;
import org.mixdq4j.core.exec.Instrumented;
import org.mixdq4j.core.exec.Observer;
import org.mixdq4j.core.progress.Progress;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/** Runs the float network over some calls of a calibration set, of all timesteps, and keeps vectors of what its Linears read. */
public final class VectorCollector {
    /** Network calls vectors are taken from, at most: a pass over more says little more. */
    private static final int CALLS = 16;
    /** Vectors of a value, of all calls together. */
    private static final int VECTORS = 128;

    private static final long MEMORY = 1L << 30;

    private final Instrumented model;
    private final int calls;
    private final Consumer<Consumer<Map<String, Tensor>>> rows;

    /** @param model the network in float */
    public VectorCollector(Instrumented model, CalibrationSet set) {
        this(model, Spread.rows(set, CALLS), consumer -> set.forEachRow(row -> consumer.accept(row.inputs())));
    }

    /**
     * Of other inputs.
     *
     * @param taken positions among the inputs that {@code rows} gives, each time it is asked
     */
    VectorCollector(Instrumented model, Set<Integer> taken, Consumer<Consumer<Map<String, Tensor>>> rows) {
        this.model = model;
        this.calls = taken.size();
        this.rows = consumer -> {
            int[] seen = {0};
            rows.accept(row -> {
                if (taken.contains(seen[0]++)) {
                    consumer.accept(row);
                }
            });
        };
    }

    /** Values whose vectors fit memory together. */
    List<Collection<String>> chunks(Collection<String> values) {
        List<Collection<String>> chunks = new ArrayList<>();
        long left = -1;
        for (String value : values) {
            long bytes = (long) Float.BYTES * perCall(value) * calls * width(value);
            if (left < bytes) {
                chunks.add(new ArrayList<>());
                left = MEMORY;
            }
            left -= bytes;
            chunks.get(chunks.size() - 1).add(value);
        }
        return chunks;
    }

    /** @param withoutFirstToken of which values the first row of each sequence is left out */
    Map<String, InputVectors> collect(
            Collection<String> values, Predicate<String> withoutFirstToken, Progress progress) {
        Map<String, InputVectors> vectors = new LinkedHashMap<>();
        values.forEach(value -> vectors.put(
                value, new InputVectors(width(value), calls, perCall(value), withoutFirstToken.test(value))));
        progress.begin("inputs of layers", calls);
        long[] done = {0};
        rows.accept(row -> {
            model.run(row, model.graph().outputs().keySet(), new Observer() {
                @Override
                public boolean watches(String id) {
                    return vectors.containsKey(id);
                }

                @Override
                public void observe(String id, Tensor value) {
                    vectors.get(id).take(value.toFloatArray(), value.shape());
                }
            });
            progress.at(++done[0]);
        });
        progress.end();
        return vectors;
    }

    private int perCall(String value) {
        Shape shape = model.graph().shape(value);
        int rows = Math.toIntExact(shape.elements() / shape.dim(-1));
        return Math.min(rows, (VECTORS + calls - 1) / calls);
    }

    private int width(String value) {
        return model.graph().shape(value).dim(-1);
    }
}
