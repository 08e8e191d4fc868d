package org.mixdq4j.torch.kernel;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import org.mixdq4j.core.graph.op.Embedding;
import org.mixdq4j.core.graph.op.Parameter;
import org.mixdq4j.core.graph.op.PoolToken;
import org.mixdq4j.core.graph.op.RelativeBias;
import org.mixdq4j.core.graph.op.TimestepEmbedding;
import org.mixdq4j.torch.array.TensorBridge;

/** Values found by token id or position, and values that depend on a number alone. */
final class Lookups {
    private Lookups() {}

    static Kernel parameter(Parameter op, KernelContext context) {
        NDArray value = context.parameter(op.suffix());
        return in -> lent(value, in);
    }

    /** @throws IllegalArgumentException when run with an id outside the table */
    static Kernel embedding(Embedding op, KernelContext context) {
        NDArray table = context.parameter("weight");
        return in -> {
            for (long id : in.get(0).toLongArray()) {
                if (id < 0 || id >= op.count()) {
                    throw new IllegalArgumentException("node '" + context.node().id() + "' has a table of " + op.count()
                            + " rows and was asked for row " + id);
                }
            }
            return rows(in.get(0), table);
        };
    }

    static Kernel poolToken(PoolToken op, KernelContext context) {
        int batch = context.inputs().get(0).dim(0);
        int tokens = context.inputs().get(0).dim(1);
        int features = context.inputs().get(0).dim(2);
        return in -> {
            long[] ids = in.get(1).toLongArray();
            long[] positions = new long[batch];
            for (int b = 0; b < batch; b++) {
                positions[b] = (long) b * tokens + position(ids, b * tokens, tokens, op.eosId());
            }
            NDArray flat = in.get(0).reshape((long) batch * tokens, features);
            return rows(TensorBridge.owned(in.scratch().create(positions)), flat);
        };
    }

    /** The value is the same in every run, so it is made once, [1, H, N, N]. */
    static Kernel relativeBias(RelativeBias op, KernelContext context) {
        int tokens = op.tokens();
        float[] learned = context.parameter("weight").toFloatArray();
        float[] bias = new float[op.heads() * tokens * tokens];
        for (int query = 0; query < tokens; query++) {
            for (int key = 0; key < tokens; key++) {
                int row = op.bucket(key - query) * op.heads();
                for (int head = 0; head < op.heads(); head++) {
                    bias[(head * tokens + query) * tokens + key] = learned[row + head];
                }
            }
        }
        Shape shape = TensorBridge.shape(context.node().shape());
        NDArray value = TensorBridge.owned(context.manager().create(bias, shape));
        return in -> lent(value, in);
    }

    /**
     * In float32 step by step, as the networks were trained: at timestep 999 an exact computation would differ by more
     * than the rounding of the result.
     */
    static Kernel timestepEmbedding(TimestepEmbedding op, KernelContext context) {
        int half = op.features() / 2;
        float[] frequencies = new float[half];
        float logPeriod = (float) -Math.log(op.maxPeriod());
        float divisor = (float) (half - op.freqShift());
        for (int i = 0; i < half; i++) {
            frequencies[i] = (float) Math.exp(logPeriod * i / divisor);
        }
        int sinAt = op.flipSinToCos() ? half : 0;
        int cosAt = half - sinAt;
        return in -> {
            float[] times = in.get(0).toFloatArray();
            float[] out = new float[times.length * op.features()];
            for (int n = 0; n < times.length; n++) {
                int row = n * op.features();
                for (int i = 0; i < half; i++) {
                    float angle = times[n] * frequencies[i];
                    out[row + sinAt + i] = (float) Math.sin(angle);
                    out[row + cosAt + i] = (float) Math.cos(angle);
                }
            }
            return TensorBridge.owned(in.scratch().create(out, new Shape(times.length, op.features())));
        };
    }

    /** What lives as long as the model, for a run. */
    private static NDArray lent(NDArray value, Operands in) {
        NDArray view = value.reshape(value.getShape());
        view.attach(in.scratch());
        return view;
    }

    private static NDArray rows(NDArray indices, NDArray table) {
        return indices.getNDArrayInternal()
                .embedding(indices, table, SparseFormat.DENSE)
                .singletonOrThrow();
    }

    private static int position(long[] ids, int from, int count, int eosId) {
        int best = 0;
        for (int i = 0; i < count; i++) {
            long id = ids[from + i];
            if (eosId != PoolToken.HIGHEST_ID && id == eosId) {
                return i;
            }
            if (eosId == PoolToken.HIGHEST_ID && id > ids[from + best]) {
                best = i;
            }
        }
        return best;
    }
}
