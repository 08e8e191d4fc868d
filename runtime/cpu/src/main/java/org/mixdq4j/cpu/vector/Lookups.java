package org.mixdq4j.cpu.vector;

import org.mixdq4j.core.graph.op.Embedding;
import org.mixdq4j.core.graph.op.PoolToken;
import org.mixdq4j.core.graph.op.RelativeBias;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Other;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.cpu.session.Arena;
import org.mixdq4j.cpu.session.Task;

/** Values found by token id or position. */
record Lookups(Arena arena) {
    Task embedding(Other step, Embedding op, Tensor weight) {
        Numbers table = new Numbers(weight);
        Numbers ids = new Numbers(step.inputs().get(0), arena);
        Numbers out = new Numbers(step.to(), arena);
        int features = op.features();
        return () -> {
            for (int i = 0; i < ids.count; i++) {
                long id = ids.getInteger(i);
                if (id < 0 || id >= op.count()) {
                    throw new IllegalArgumentException("node '" + step.node() + "' has a table of " + op.count()
                            + " rows and was asked for row " + id);
                }
                for (int c = 0; c < features; c++) {
                    out.put(i * features + c, table.get((int) id * features + c));
                }
            }
        };
    }

    Task poolToken(Other step, PoolToken op) {
        View hidden = step.inputs().get(0);
        int tokens = hidden.shape().dim(1);
        int features = hidden.shape().dim(2);
        Numbers x = new Numbers(hidden, arena);
        Numbers ids = new Numbers(step.inputs().get(1), arena);
        Numbers out = new Numbers(step.to(), arena);
        return () -> {
            for (int sample = 0; sample < ids.count / tokens; sample++) {
                int row = sample * tokens + position(ids, sample * tokens, tokens, op.eosId());
                for (int c = 0; c < features; c++) {
                    out.put(sample * features + c, x.get(row * features + c));
                }
            }
        };
    }

    private static int position(Numbers ids, int from, int count, int eosId) {
        int best = 0;
        for (int i = 0; i < count; i++) {
            if (eosId != PoolToken.HIGHEST_ID && ids.getInteger(from + i) == eosId) {
                return i;
            }
            if (eosId == PoolToken.HIGHEST_ID && ids.getInteger(from + i) > ids.getInteger(from + best)) {
                best = i;
            }
        }
        return best;
    }

    Task relativeBias(Other step, RelativeBias op, Tensor weight) {
        Numbers table = new Numbers(weight);
        Numbers out = new Numbers(step.to(), arena);
        int tokens = op.tokens();
        int[] buckets = new int[2 * tokens - 1];
        for (int i = 0; i < buckets.length; i++) {
            buckets[i] = op.bucket(i - tokens + 1);
        }
        return () -> {
            for (int head = 0; head < op.heads(); head++) {
                for (int query = 0; query < tokens; query++) {
                    for (int key = 0; key < tokens; key++) {
                        int bucket = buckets[key - query + tokens - 1];
                        out.put((head * tokens + query) * tokens + key, table.get(bucket * op.heads() + head));
                    }
                }
            }
        };
    }
}
