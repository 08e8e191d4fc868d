package org.mixdq4j.bitalloc.plan;

import java.util.List;
import java.util.Locale;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.graph.analysis.LayerGroup;

/**
 * How a cost may be divided between the groups. The division is named by k, the content group's average bits over the
 * quality group's; k ranges over all values for which both averages are feasible.
 *
 * <p>With average B, size ratio r = content / quality and bits from c0 to c1 and q0 to q1 this is
 * {@code k >= max((B (1 + r) / q1 - 1) / r, c0 / (B (1 + r) - c0 r))} and
 * {@code k <= min((B (1 + r) / q0 - 1) / r, c1 / (B (1 + r) - c1 r))}, computed here in whole costs.
 */
public final class SplitRange {
    private final long capacity;
    private final long content;
    private final long quality;
    private final long least;
    private final long most;

    /**
     * @param capacity largest cost of both groups together
     * @throws UsageException if one of the groups has no quantized layer
     */
    public SplitRange(BitProblem problem, long capacity) {
        List<LayerGroup> c = List.of(LayerGroup.CONTENT);
        List<LayerGroup> q = List.of(LayerGroup.QUALITY);
        this.content = problem.elements(c);
        this.quality = problem.elements(q);
        if (content == 0 || quality == 0) {
            throw new UsageException("the " + (content == 0 ? "content" : "quality")
                    + " group has no quantized layer, so there is nothing to split; solve jointly");
        }
        this.capacity = Math.min(capacity, problem.mostCost(c) + problem.mostCost(q));
        this.least = Math.max(problem.leastCost(c), this.capacity - problem.mostCost(q));
        this.most = Math.min(problem.mostCost(c), this.capacity - problem.leastCost(q));
    }

    /** k where the content group gets as little as it can. */
    public double least() {
        return ratio(least);
    }

    /** k where the content group gets as much as it can. */
    public double most() {
        return ratio(most);
    }

    /** The content group's share of the capacity at some k; the quality group gets the rest. */
    long contentCapacity(double k) {
        double slack = 1e-9 * Math.max(1, k);
        if (!(k >= least() - slack && k <= most() + slack)) {
            throw new UsageException(String.format(
                    Locale.ROOT,
                    "the split %s is not feasible under this budget: the content group's average may be %.4f to %.4f of"
                            + " the quality group's; choose one in between",
                    k,
                    least(),
                    most()));
        }
        double share = k * content / (k * content + quality);
        return Math.min(most, Math.max(least, (long) Math.floor(capacity * share)));
    }

    long capacity() {
        return capacity;
    }

    /** {@code count} values of k, evenly from least to most; only one where these are equal. */
    public double[] evenly(int count) {
        if (least == most || count == 1) {
            return new double[] {count == 1 ? (least() + most()) / 2 : least()};
        }
        double[] ratios = new double[count];
        for (int i = 0; i < count; i++) {
            ratios[i] = least() + (most() - least()) * i / (count - 1);
        }
        return ratios;
    }

    private double ratio(long contentCost) {
        return ((double) contentCost / content) / ((double) (capacity - contentCost) / quality);
    }
}
