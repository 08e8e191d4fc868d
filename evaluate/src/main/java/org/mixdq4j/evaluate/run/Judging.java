package org.mixdq4j.evaluate.run;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mixdq4j.evaluate.fid.FrechetDistance;
import org.mixdq4j.evaluate.statistic.Estimate;

/** Figures made of judgements: means, paired differences, Fréchet distances. */
final class Judging {
    private final int resamples;
    private final long seed;

    /** @param seed of the bootstrap, the same for all, so that the order of variants does not count */
    Judging(int resamples, long seed) {
        this.resamples = resamples;
        this.seed = seed;
    }

    static Map<String, Estimate> means(Judgement judgement) {
        Map<String, Estimate> means = new LinkedHashMap<>();
        judgement.scores().forEach((name, values) -> {
            if (values.length > 0) {
                means.put(name, Estimate.ofMean(values));
            }
        });
        return means;
    }

    static Map<String, Estimate> differences(Judgement judgement, Judgement reference) {
        Map<String, Estimate> differences = new LinkedHashMap<>();
        judgement
                .scores()
                .forEach((name, values) -> differences.put(
                        name,
                        Estimate.ofMeanDifference(values, reference.scores().get(name))));
        return differences;
    }

    /** Empty without features, or of a single picture. @param paired whether picture i of both is of one prompt */
    Optional<Estimate> fid(Judgement a, Judgement b, boolean paired) {
        if (a.features().isEmpty()
                || b.features().isEmpty()
                || Math.min(a.features().get().length, b.features().get().length) < 2) {
            return Optional.empty();
        }
        return Optional.of(
                FrechetDistance.estimate(a.features().get(), b.features().get(), paired, resamples, seed));
    }

    /** What a reader of these distances has to know, if anything. */
    static Optional<String> warning(List<Judgement> judgements) {
        int fewest = Integer.MAX_VALUE;
        int features = 0;
        for (Judgement judgement : judgements) {
            float[][] rows = judgement.features().orElse(new float[0][]);
            fewest = Math.min(fewest, rows.length);
            features = rows.length == 0 ? 0 : rows[0].length;
        }
        return features == 0 || fewest > features
                ? Optional.empty()
                : Optional.of("FID of " + fewest + " pictures with " + features
                        + " features each is biased upwards: the covariance is singular; compare it only with FIDs of as"
                        + " many pictures, or give a --count of several times " + features + ".");
    }
}
