package org.mixdq4j.ptq.rounding;

import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import org.mixdq4j.core.quant.ScaleSearch;
import org.mixdq4j.core.quant.SymmetricWeights;
import org.mixdq4j.core.quant.WeightQuant;
import org.mixdq4j.core.quantize.statistics.StatisticsKey;
import org.mixdq4j.core.tensor.Tensor;

/** Rounds parts that read one input in each way there is, and keeps of each the one that is best on held-out vectors. */
final class PartRounder {
    private final SecondMoment moment;
    private final HeldOutInputs heldOut;
    private final RoundingOptions options;
    private final Set<RoundingMethod> methods;
    private FeedbackFactor natural;
    private FeedbackFactor ordered;

    /**
     * A rounder.
     *
     * @param moment of fitting samples; damped here
     * @param methods tried besides the two roundings to nearest
     */
    PartRounder(SecondMoment moment, HeldOutInputs heldOut, RoundingOptions options, Set<RoundingMethod> methods) {
        this.moment = moment;
        this.heldOut = heldOut;
        this.options = options;
        this.methods = methods;
        if (moment.informative()) {
            moment.damp(options.damping());
        }
    }

    /** The best rounding of a part. @param weight of the whole layer */
    RoundedPart round(Tensor weight, StatisticsKey part, WeightQuant quant) {
        PartWeights weights = PartWeights.of(weight, part.from(), part.to());
        Map<ScaleSearch, SymmetricWeights> nearest = new EnumMap<>(ScaleSearch.class);
        Map<ScaleSearch, SymmetricWeights> fedBack = new EnumMap<>(ScaleSearch.class);
        double power = heldOut.power(weights);
        double leastError = Double.POSITIVE_INFINITY;
        double nearestError = Double.POSITIVE_INFINITY;
        RoundingMethod best = null;
        SymmetricWeights rounded = null;
        for (RoundingMethod method : RoundingMethod.values()) {
            boolean wanted = !method.feedback() || methods.contains(method) && moment.informative();
            if (!wanted) {
                continue;
            }
            ScaleSearch search = method.search();
            SymmetricWeights candidate = nearest.computeIfAbsent(
                    search, s -> SymmetricWeights.quantize(weight, part.from(), part.to(), quant, s));
            if (method.feedback()) {
                candidate = fedBack.computeIfAbsent(
                        search, s -> new ErrorFeedback(factor(quant)).round(weights, nearest.get(s), quant, s));
            }
            if (method.refined()) {
                candidate = new CoordinateDescent(moment).refine(weights, candidate, options.sweeps());
            }
            double error = heldOut.error(weights, candidate);
            if (!method.feedback()) {
                nearestError = Math.min(nearestError, error);
            }
            if (best == null || error < leastError) {
                best = method;
                leastError = error;
                rounded = candidate;
            }
        }
        return new RoundedPart(rounded, best, decibels(power, leastError), decibels(power, nearestError));
    }

    private FeedbackFactor factor(WeightQuant quant) {
        if (quant.group() == 0 && options.largestFirst()) {
            if (ordered == null) {
                ordered = new FeedbackFactor(moment, FeedbackFactor.descending(moment));
            }
            return ordered;
        }
        if (natural == null) {
            natural = new FeedbackFactor(moment, FeedbackFactor.naturalOrder(moment.width()));
        }
        return natural;
    }

    private static double decibels(double power, double error) {
        return 10 * Math.log10(power / error);
    }
}
