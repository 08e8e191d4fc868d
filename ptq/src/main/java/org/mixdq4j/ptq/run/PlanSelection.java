package org.mixdq4j.ptq.run;

import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.graph.analysis.LayerSizes;
import org.mixdq4j.ptq.forms.LayerPlanner;
import org.mixdq4j.ptq.forms.NetworkBytes;
import org.mixdq4j.ptq.plan.BitPlan;
import org.mixdq4j.ptq.plan.BitTable;
import org.mixdq4j.ptq.rank.PlanRanking;
import org.mixdq4j.ptq.rank.RankedPlan;
import org.mixdq4j.ptq.scheme.Scheme;

/** The candidates that come into question, and the best of them. */
final class PlanSelection {
    private final PlanChoice.Best choice;
    private final PlanRanking.Subject subject;
    private final Scheme scheme;

    PlanSelection(PlanChoice.Best choice, PlanRanking.Subject subject, Scheme scheme) {
        this.choice = choice;
        this.subject = subject;
        this.scheme = scheme;
    }

    /** @param ranked all rounds, each best first */
    record Outcome(BitPlan plan, List<RankedPlan> ranked) {}

    /** Weights candidates within the limits. @throws UsageException if there are none, saying what there is */
    List<BitPlan> weights() {
        Map<String, Long> elements = LayerSizes.weights(subject.graph());
        List<BitPlan> near = near(choice.limits().bits(), choice.candidates().weights(), elements, "weights").stream()
                .map(table -> new BitPlan(table, choice.acts()))
                .toList();
        if (choice.limits().bytes().isEmpty()) {
            return near;
        }
        long most = choice.limits().bytes().getAsLong();
        List<BitPlan> small = near.stream().filter(plan -> bytes(plan) <= most).toList();
        if (small.isEmpty()) {
            throw new UsageException("None of the " + near.size() + " candidates makes a network of at most " + most
                    + " bytes, the smallest has "
                    + near.stream().mapToLong(this::bytes).min().orElseThrow()
                    + "; allow more bytes, or allocate with a smaller budget.");
        }
        return small;
    }

    /** Activation candidates within the limits; empty if the scheme or another plan decides. */
    List<BitTable> acts() {
        if (choice.acts().isPresent()
                || choice.candidates().acts().isEmpty()
                || scheme.activations().bits() == Scheme.FLOAT_BITS) {
            return List.of();
        }
        return near(
                choice.limits().actBits(),
                choice.candidates().acts(),
                LayerSizes.inputs(subject.graph()),
                "activations");
    }

    Outcome best(PlanRanking ranking, List<BitPlan> weights, List<BitTable> acts) {
        List<RankedPlan> ranked = choice.acts().isPresent() ? ranking.weights(weights) : ranking.weightsAlone(weights);
        BitPlan best = ranked.get(0).plan();
        if (!acts.isEmpty()) {
            BitTable fixed = best.weights();
            List<RankedPlan> second = ranking.acts(acts.stream()
                    .map(table -> new BitPlan(fixed, Optional.of(table)))
                    .toList());
            best = second.get(0).plan();
            ranked = Stream.concat(ranked.stream(), second.stream()).toList();
        }
        ranking.finish();
        return new Outcome(best, ranked);
    }

    private long bytes(BitPlan plan) {
        LayerPlanner planner = new LayerPlanner(subject.graph(), Optional.of(plan));
        return NetworkBytes.of(subject.graph(), planner, scheme, subject.weights())
                .total();
    }

    private static List<BitTable> near(
            OptionalDouble wanted, List<BitTable> tables, Map<String, Long> elements, String what) {
        List<BitTable> near = tables.stream()
                .filter(table -> PlanChoice.Limits.near(wanted, table.average(elements)))
                .toList();
        if (near.isEmpty()) {
            DoubleSummaryStatistics averages = tables.stream()
                    .mapToDouble(table -> table.average(elements))
                    .summaryStatistics();
            throw new UsageException(String.format(
                    Locale.ROOT,
                    "None of the %d candidates has %s of %.2f to %.2f bits on average, they have %.2f to %.2f;"
                            + " ask for an average among those, or allocate with another budget.",
                    tables.size(),
                    what,
                    wanted.getAsDouble() - PlanChoice.Limits.WINDOW,
                    wanted.getAsDouble(),
                    averages.getMin(),
                    averages.getMax()));
        }
        return near;
    }
}
