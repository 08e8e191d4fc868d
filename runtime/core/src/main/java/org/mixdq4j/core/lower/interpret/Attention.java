package org.mixdq4j.core.lower.interpret;

import java.util.List;
import java.util.stream.IntStream;
import org.mixdq4j.core.lower.step.Attend;
import org.mixdq4j.core.tensor.Shape;

/** Attention, one query at a time. */
record Attention(Memory memory, Writing writing) {
    void run(Attend step) {
        Shape shape = step.query().shape();
        int batch = shape.dim(0);
        int queries = shape.dim(1);
        int keys = step.key().shape().dim(1);
        int heads = step.op().heads();
        int features = shape.dim(2);
        int width = features / heads;
        float[] q = memory.floats(step.query());
        float[] k = memory.floats(step.key());
        float[] v = memory.floats(step.value());
        float[] bias = step.bias().map(memory::floats).orElse(null);
        float[] out = new float[q.length];
        IntStream.range(0, batch * heads * queries).parallel().forEach(index -> {
            int query = index % queries;
            int head = index / queries % heads;
            int sample = index / queries / heads;
            int visible = step.op().causal() ? query + 1 : keys;
            int from = (sample * queries + query) * features + head * width;
            double[] scores = new double[visible];
            double largest = Double.NEGATIVE_INFINITY;
            for (int key = 0; key < visible; key++) {
                int at = (sample * keys + key) * features + head * width;
                double score = 0;
                for (int i = 0; i < width; i++) {
                    score += (double) q[from + i] * k[at + i];
                }
                score *= step.op().scale();
                scores[key] = bias == null ? score : score + bias[(head * queries + query) * keys + key];
                largest = Math.max(largest, scores[key]);
            }
            double total = 0;
            double[] sums = new double[width];
            for (int key = 0; key < visible; key++) {
                double weight = Math.exp(scores[key] - largest);
                total += weight;
                int at = (sample * keys + key) * features + head * width;
                for (int i = 0; i < width; i++) {
                    sums[i] += weight * v[at + i];
                }
            }
            for (int i = 0; i < width; i++) {
                out[from + i] = (float) (sums[i] / total);
            }
        });
        writing.finish(new Rows(out, shape), List.of(), step.outputs());
    }
}
