package org.mixdq4j.core.lower.interpret;

import org.mixdq4j.core.graph.op.Embedding;
import org.mixdq4j.core.graph.op.L2Normalize;
import org.mixdq4j.core.graph.op.MatMul;
import org.mixdq4j.core.graph.op.PoolToken;
import org.mixdq4j.core.graph.op.RelativeBias;
import org.mixdq4j.core.graph.op.TimestepEmbedding;
import org.mixdq4j.core.graph.op.UpsampleNearest;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Load;
import org.mixdq4j.core.lower.step.Other;
import org.mixdq4j.core.tensor.Shape;

/** Ops without a step of their own. */
record Others(Memory memory, Weights weights) {
    void run(Other step) {
        if (step.op() instanceof UpsampleNearest) {
            upsample(step);
        } else {
            memory.write(step.to(), compute(step));
        }
    }

    void load(Load step) {
        float[] stored = weights.parameter(step.parameter());
        float[] seen = new float[Math.toIntExact(step.to().shape().elements())];
        Elements.each(step.from(), (index, element) -> seen[index] = stored[(int) element]);
        memory.write(step.to(), seen);
    }

    private float[] compute(Other step) {
        if (step.op() instanceof Embedding op) {
            return embedding(op, step);
        } else if (step.op() instanceof TimestepEmbedding op) {
            return sinusoids(op, memory.floats(step.inputs().get(0)));
        } else if (step.op() instanceof PoolToken op) {
            return pooled(op, step);
        } else if (step.op() instanceof RelativeBias op) {
            return relativeBias(op, weights.parameter(step.node() + ".weight"));
        } else if (step.op() instanceof L2Normalize) {
            return unit(memory.floats(step.inputs().get(0)), step.to().columns());
        } else if (step.op() instanceof MatMul) {
            return matMul(step.inputs().get(0), step.inputs().get(1));
        }
        throw new IllegalArgumentException("no loop for the op " + step.op());
    }

    private float[] embedding(Embedding op, Other step) {
        float[] table = weights.parameter(step.node() + ".weight");
        long[] ids = memory.integers(step.inputs().get(0));
        float[] out = new float[ids.length * op.features()];
        for (int i = 0; i < ids.length; i++) {
            if (ids[i] < 0 || ids[i] >= op.count()) {
                throw new IllegalArgumentException("node '" + step.node() + "' has a table of " + op.count()
                        + " rows and was asked for row " + ids[i]);
            }
            System.arraycopy(table, (int) ids[i] * op.features(), out, i * op.features(), op.features());
        }
        return out;
    }

    /** In float32 step by step, as the networks were trained. */
    private static float[] sinusoids(TimestepEmbedding op, float[] times) {
        int half = op.features() / 2;
        float logPeriod = (float) -Math.log(op.maxPeriod());
        float divisor = (float) (half - op.freqShift());
        int sinAt = op.flipSinToCos() ? half : 0;
        int cosAt = half - sinAt;
        float[] out = new float[times.length * op.features()];
        for (int n = 0; n < times.length; n++) {
            for (int i = 0; i < half; i++) {
                float frequency = (float) Math.exp(logPeriod * i / divisor);
                float angle = times[n] * frequency;
                out[n * op.features() + sinAt + i] = (float) Math.sin(angle);
                out[n * op.features() + cosAt + i] = (float) Math.cos(angle);
            }
        }
        return out;
    }

    private float[] pooled(PoolToken op, Other step) {
        Shape hidden = step.inputs().get(0).shape();
        float[] x = memory.floats(step.inputs().get(0));
        long[] ids = memory.integers(step.inputs().get(1));
        int tokens = hidden.dim(1);
        int features = hidden.dim(2);
        float[] out = new float[hidden.dim(0) * features];
        for (int sample = 0; sample < hidden.dim(0); sample++) {
            int row = sample * tokens + position(ids, sample * tokens, tokens, op.eosId());
            System.arraycopy(x, row * features, out, sample * features, features);
        }
        return out;
    }

    private static int position(long[] ids, int from, int count, int eosId) {
        int best = 0;
        for (int i = 0; i < count; i++) {
            if (eosId != PoolToken.HIGHEST_ID && ids[from + i] == eosId) {
                return i;
            }
            if (eosId == PoolToken.HIGHEST_ID && ids[from + i] > ids[from + best]) {
                best = i;
            }
        }
        return best;
    }

    private static float[] relativeBias(RelativeBias op, float[] table) {
        int tokens = op.tokens();
        float[] out = new float[op.heads() * tokens * tokens];
        for (int i = 0; i < out.length; i++) {
            int key = i % tokens;
            int query = i / tokens % tokens;
            int head = i / tokens / tokens;
            out[i] = table[op.bucket(key - query) * op.heads() + head];
        }
        return out;
    }

    private static float[] unit(float[] x, int width) {
        float[] out = new float[x.length];
        for (int from = 0; from < x.length; from += width) {
            double squares = 0;
            for (int i = from; i < from + width; i++) {
                squares += (double) x[i] * x[i];
            }
            for (int i = from; i < from + width; i++) {
                out[i] = (float) (x[i] / Math.sqrt(squares));
            }
        }
        return out;
    }

    private float[] matMul(View a, View b) {
        float[] x = memory.floats(a);
        float[] y = memory.floats(b);
        int width = a.columns();
        int columns = b.shape().dim(0);
        float[] out = new float[a.shape().dim(0) * columns];
        for (int i = 0; i < out.length; i++) {
            double sum = 0;
            for (int k = 0; k < width; k++) {
                sum += (double) x[i / columns * width + k] * y[i % columns * width + k];
            }
            out[i] = (float) sum;
        }
        return out;
    }

    /** Images channels last, of floats or of bytes. */
    private void upsample(Other step) {
        View from = step.inputs().get(0);
        View to = step.to();
        int height = to.shape().dim(1);
        int width = to.shape().dim(2);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int row = (int) ((long) y * from.shape().dim(1) / height);
                int column = (int) ((long) x * from.shape().dim(2) / width);
                memory.move(
                        from.slice(1, row, row + 1).slice(2, column, column + 1),
                        to.slice(1, y, y + 1).slice(2, x, x + 1));
            }
        }
    }
}
