package org.mixdq4j.torch.kernel;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import org.mixdq4j.core.graph.op.Attention;
import org.mixdq4j.torch.array.TensorBridge;
import org.mixdq4j.torch.array.Views;

/**
 * Attention by explicit scores. Where the scores of all heads would take more than a quarter of a gigabyte they are
 * made for some heads, or some queries of one head, at a time: the result does not depend on the order.
 */
final class AttentionKernel implements Kernel {
    private static final long MAX_SCORES = 64L << 20;

    private final Attention op;
    private final NDArray scale;
    private final long batch;
    private final long queries;
    private final long keys;
    private final long width;
    private final NDArray mask;
    private final long maxScores;

    private AttentionKernel(Attention op, KernelContext context, long maxScores) {
        this.op = op;
        this.scale = TensorBridge.number((float) op.scale(), context.manager());
        this.batch = context.inputs().get(0).dim(0);
        this.queries = context.inputs().get(0).dim(1);
        this.keys = context.inputs().get(1).dim(1);
        this.width = context.inputs().get(0).dim(2) / op.heads();
        this.mask = op.causal() ? causalMask((int) queries, context.manager()) : null;
        this.maxScores = maxScores;
    }

    static Kernel create(Attention op, KernelContext context) {
        return create(op, context, MAX_SCORES);
    }

    /** @param maxScores elements of a score matrix held at a time */
    static Kernel create(Attention op, KernelContext context, long maxScores) {
        return new AttentionKernel(op, context, maxScores);
    }

    @Override
    public NDArray run(Operands in) {
        NDArray scaled = in.get(0).mul(scale);
        NDArray bias = in.count() > 3 ? in.get(3) : null;
        if (batch * op.heads() * queries * keys <= maxScores) {
            return atOnce(scaled, in.get(1), in.get(2), bias);
        }
        NDArray q = byHead(scaled, queries);
        NDArray keysTransposed = byHead(in.get(1), keys).transpose(0, 2, 1);
        NDArray v = byHead(in.get(2), keys);
        long heads = batch * op.heads();
        NDArray biases = bias == null
                ? null
                : bias.broadcast(batch, op.heads(), queries, keys).reshape(heads, queries, keys);
        long headsAtOnce = Math.max(1, Math.min(heads, maxScores / (queries * keys)));
        NDList parts = new NDList();
        for (long head = 0; head < heads; head += headsAtOnce) {
            long end = Math.min(heads, head + headsAtOnce);
            parts.add(someHeads(
                    Views.slice(q, 0, head, end),
                    Views.slice(keysTransposed, 0, head, end),
                    Views.slice(v, 0, head, end),
                    biases == null ? null : Views.slice(biases, 0, head, end),
                    in.scratch()));
        }
        NDArray out = join(parts, 0);
        return out.reshape(batch, op.heads(), queries, width)
                .transpose(0, 2, 1, 3)
                .reshape(batch, queries, op.heads() * width);
    }

    /** Heads stay where they lie in memory: the products read them with strides. */
    private NDArray atOnce(NDArray q, NDArray k, NDArray v, NDArray bias) {
        NDArray scores = heads(q, queries).matMul(heads(k, keys).transpose(0, 1, 3, 2));
        if (bias != null) {
            scores.addi(bias);
        }
        if (mask != null) {
            scores.addi(mask);
        }
        NDArray weights = scores.softmax(-1);
        scores.close();
        return weights.matMul(heads(v, keys)).transpose(0, 2, 1, 3).reshape(batch, queries, op.heads() * width);
    }

    /** q [h, N, D], keys [h, D, M], v [h, M, D] and maybe a bias [h, N, M] to [h, N, D]. */
    private NDArray someHeads(NDArray q, NDArray keysTransposed, NDArray v, NDArray bias, NDManager scratch) {
        long rowsAtOnce =
                Math.max(1, Math.min(queries, maxScores / (q.getShape().get(0) * keys)));
        NDList parts = new NDList();
        for (long row = 0; row < queries; row += rowsAtOnce) {
            long end = Math.min(queries, row + rowsAtOnce);
            NDArray scores = Views.slice(q, 1, row, end).batchMatMul(keysTransposed);
            if (bias != null) {
                scores.addi(Views.slice(bias, 1, row, end));
            }
            if (mask != null) {
                scores.addi(Views.slice(mask, 0, row, end, scratch));
            }
            NDArray weights = scores.softmax(-1);
            scores.close();
            parts.add(weights.batchMatMul(v));
            weights.close();
        }
        return join(parts, 1);
    }

    private NDArray byHead(NDArray x, long tokens) {
        return heads(x, tokens).reshape(batch * op.heads(), tokens, width);
    }

    /** [B, T, H*D] as [B, H, T, D]. */
    private NDArray heads(NDArray x, long tokens) {
        return x.reshape(batch, tokens, op.heads(), width).transpose(0, 2, 1, 3);
    }

    private static NDArray join(NDList parts, int axis) {
        return parts.size() == 1 ? parts.get(0) : NDArrays.concat(parts, axis);
    }

    private static NDArray causalMask(int tokens, NDManager manager) {
        float[] mask = new float[tokens * tokens];
        for (int query = 0; query < tokens; query++) {
            for (int key = query + 1; key < tokens; key++) {
                mask[query * tokens + key] = Float.NEGATIVE_INFINITY;
            }
        }
        return manager.create(mask, new Shape(tokens, tokens));
    }
}
