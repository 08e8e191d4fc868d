package org.mixdq4j.cpu.vector;

import java.nio.ByteBuffer;
import java.util.function.Function;
import java.util.function.IntConsumer;
import org.mixdq4j.core.graph.op.Embedding;
import org.mixdq4j.core.graph.op.L2Normalize;
import org.mixdq4j.core.graph.op.MatMul;
import org.mixdq4j.core.graph.op.Op;
import org.mixdq4j.core.graph.op.PoolToken;
import org.mixdq4j.core.graph.op.RelativeBias;
import org.mixdq4j.core.graph.op.TimestepEmbedding;
import org.mixdq4j.core.graph.op.UpsampleNearest;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Other;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.cpu.session.Arena;
import org.mixdq4j.cpu.session.Task;
import org.mixdq4j.cpu.session.Workers;

/** Ops without a step of their own: small, or seldom computed; number by number. */
record OtherTasks(Arena arena, Workers workers) {
    Task of(Other step, Function<String, Tensor> weights) {
        Op op = step.op();
        Lookups lookups = new Lookups(arena);
        if (op instanceof Embedding embedding) {
            return lookups.embedding(step, embedding, weights.apply(step.node() + ".weight"));
        } else if (op instanceof PoolToken pool) {
            return lookups.poolToken(step, pool);
        } else if (op instanceof RelativeBias bias) {
            return lookups.relativeBias(step, bias, weights.apply(step.node() + ".weight"));
        } else if (op instanceof TimestepEmbedding embedding) {
            return sinusoids(step, embedding);
        } else if (op instanceof L2Normalize) {
            return unit(step);
        } else if (op instanceof MatMul) {
            return product(step);
        } else if (op instanceof UpsampleNearest) {
            return upsample(step);
        }
        throw new IllegalArgumentException("no loop for " + op);
    }

    /** In float32 step by step, as the networks were trained: at timestep 999 exact sinusoids would be others. */
    private Task sinusoids(Other step, TimestepEmbedding op) {
        Numbers times = new Numbers(step.inputs().get(0), arena);
        Numbers out = new Numbers(step.to(), arena);
        int half = op.features() / 2;
        float[] frequencies = new float[half];
        float logPeriod = (float) -Math.log(op.maxPeriod());
        float divisor = (float) (half - op.freqShift());
        for (int i = 0; i < half; i++) {
            frequencies[i] = (float) Math.exp(logPeriod * i / divisor);
        }
        int sinAt = op.flipSinToCos() ? half : 0;
        return () -> {
            for (int n = 0; n < times.count; n++) {
                int row = n * op.features();
                for (int i = 0; i < half; i++) {
                    float angle = times.get(n) * frequencies[i];
                    out.put(row + sinAt + i, (float) Math.sin(angle));
                    out.put(row + half - sinAt + i, (float) Math.cos(angle));
                }
                if (op.features() % 2 == 1) {
                    out.put(row + op.features() - 1, 0);
                }
            }
        };
    }

    private Task unit(Other step) {
        Numbers x = new Numbers(step.inputs().get(0), arena);
        Numbers out = new Numbers(step.to(), arena);
        int width = step.to().columns();
        return () -> {
            for (int from = 0; from < x.count; from += width) {
                double squares = 0;
                for (int i = from; i < from + width; i++) {
                    squares += (double) x.get(i) * x.get(i);
                }
                for (int i = from; i < from + width; i++) {
                    out.put(i, (float) (x.get(i) / Math.sqrt(squares)));
                }
            }
        };
    }

    private Task product(Other step) {
        Numbers a = new Numbers(step.inputs().get(0), arena);
        Numbers b = new Numbers(step.inputs().get(1), arena);
        Numbers out = new Numbers(step.to(), arena);
        int depth = step.inputs().get(0).columns();
        int columns = step.inputs().get(1).shape().dim(0);
        return () -> {
            for (int i = 0; i < out.count; i++) {
                double sum = 0;
                for (int k = 0; k < depth; k++) {
                    sum += (double) a.get(i / columns * depth + k) * b.get(i % columns * depth + k);
                }
                out.put(i, (float) sum);
            }
        };
    }

    /** Images [B, H, W, C]; pixels are copied as they are, whatever their type. */
    private Task upsample(Other step) {
        View from = step.inputs().get(0);
        View to = step.to();
        if (!from.isDense()
                || !to.isDense()
                || from.value().type() != to.value().type()) {
            throw new IllegalArgumentException("dense images of one type are expected: " + step);
        }
        ByteBuffer source = arena.buffer(from.value());
        ByteBuffer target = arena.buffer(to.value());
        int pixel = from.columns() * from.value().type().bytes();
        int fromBase = Math.toIntExact(from.offset()) * from.value().type().bytes();
        int toBase = Math.toIntExact(to.offset()) * to.value().type().bytes();
        int inHeight = from.shape().dim(1);
        int inWidth = from.shape().dim(2);
        int height = to.shape().dim(1);
        int width = to.shape().dim(2);
        IntConsumer part = line -> {
            int row = line / height * inHeight + (int) ((long) (line % height) * inHeight / height);
            for (int x = 0; x < width; x++) {
                int column = (int) ((long) x * inWidth / width);
                int at = fromBase + (row * inWidth + column) * pixel;
                target.put(toBase + (line * width + x) * pixel, source, at, pixel);
            }
        };
        return () -> workers.run(to.shape().dim(0) * height, part);
    }
}
