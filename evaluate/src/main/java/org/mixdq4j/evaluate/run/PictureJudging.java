package org.mixdq4j.evaluate.run;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.image.Pictures;
import org.mixdq4j.core.image.RgbImage;
import org.mixdq4j.core.progress.Progress;
import org.mixdq4j.evaluate.score.Planes;
import org.mixdq4j.evaluate.score.PromptScore;

/** Shows picture files to the judges: drawn and real ones alike, as bytes, one at a time. */
final class PictureJudging {
    private final Judges judges;
    private final Progress progress;

    PictureJudging(Judges judges, Progress progress) {
        this.judges = judges;
        this.progress = progress;
    }

    /** A picture. @param prompt what it should show, where that is known */
    record Shown(Path file, Optional<String> prompt) {}

    Judgement judge(String stage, List<Shown> pictures) {
        Map<String, double[]> scores = new LinkedHashMap<>();
        int prompted =
                (int) pictures.stream().filter(p -> p.prompt().isPresent()).count();
        judges.scores().forEach(score -> scores.put(score.name(), new double[prompted]));
        Optional<float[][]> features = judges.features().map(f -> new float[pictures.size()][]);
        if (scores.isEmpty() && features.isEmpty()) {
            return new Judgement(scores, features);
        }
        progress.begin(stage, pictures.size());
        int next = 0;
        for (int i = 0; i < pictures.size(); i++) {
            Shown shown = pictures.get(i);
            RgbImage picture = Pictures.decode(shown.file());
            if (shown.prompt().isPresent()) {
                for (PromptScore score : judges.scores()) {
                    scores.get(score.name())[next] = score(score, shown.prompt().get(), picture, shown.file());
                }
                next++;
            }
            if (features.isPresent()) {
                features.get()[i] = features(picture, shown.file());
            }
            progress.at(i + 1);
        }
        progress.end();
        return new Judgement(scores, features);
    }

    /** LPIPS or another distance of the pictures at the same places. */
    Optional<double[]> distances(String stage, List<Shown> reference, List<Shown> pictures) {
        return judges.lpips().map(lpips -> {
            double[] out = new double[pictures.size()];
            progress.begin(stage, out.length);
            for (int i = 0; i < out.length; i++) {
                Path file = pictures.get(i).file();
                RgbImage expected = Pictures.decode(reference.get(i).file());
                double distance = lpips.between(Planes.signed(expected), Planes.signed(Pictures.decode(file)));
                out[i] = finite("distance given by --lpips", distance, file);
                progress.at(i + 1);
            }
            progress.end();
            return out;
        });
    }

    private static double score(PromptScore score, String prompt, RgbImage picture, Path file) {
        try {
            return finite("score '" + score.name() + "'", score.score(prompt, picture), file);
        } catch (MixdqException e) {
            throw e;
        } catch (RuntimeException e) {
            throw new MixdqException(
                    "The score '" + score.name() + "' failed on " + file + " (" + e + "); repair it or leave it out.",
                    e);
        }
    }

    private float[] features(RgbImage picture, Path file) {
        float[] features = judges.features().orElseThrow().features(picture);
        for (float feature : features) {
            finite("feature given by " + judges.features().get().description(), feature, file);
        }
        return features;
    }

    private static double finite(String what, double value, Path file) {
        if (!Double.isFinite(value)) {
            throw new MixdqException(
                    "The " + what + " is " + value + " for " + file
                            + ", expected a finite number: the judge's weights are damaged or it is not made for such pictures.");
        }
        return value;
    }
}
