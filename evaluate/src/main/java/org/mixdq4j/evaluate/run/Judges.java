package org.mixdq4j.evaluate.run;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.mixdq4j.core.exec.InstrumentedExecutor;
import org.mixdq4j.core.exec.Scripts;
import org.mixdq4j.core.image.RgbImage;
import org.mixdq4j.evaluate.clip.ClipScorer;
import org.mixdq4j.evaluate.score.PictureDistance;
import org.mixdq4j.evaluate.score.PictureFeatures;
import org.mixdq4j.evaluate.score.Planes;
import org.mixdq4j.evaluate.score.PromptScore;
import org.mixdq4j.evaluate.score.PromptScores;
import org.mixdq4j.evaluate.score.ScriptDistance;
import org.mixdq4j.evaluate.score.ScriptFeatures;

/**
 * Those who judge pictures.
 *
 * @param clip if given
 * @param scores of picture and prompt: CLIP's first, then those plugged in
 * @param features what FID is measured on: Inception's if given, else CLIP's
 * @param lpips if given
 */
public record Judges(
        Optional<ClipScorer> clip,
        List<PromptScore> scores,
        Optional<PictureFeatures> features,
        Optional<PictureDistance> lpips)
        implements AutoCloseable {

    /**
     * Loads those that files are given for, and finds those that are plugged in.
     *
     * @param clip folder of a CLIPModel
     * @param inception TorchScript as {@link ScriptFeatures} takes it
     * @param lpips TorchScript as {@link ScriptDistance} takes it
     */
    public static Judges open(
            Optional<Path> clip, Optional<Path> inception, Optional<Path> lpips, InstrumentedExecutor executor) {
        List<AutoCloseable> opened = new ArrayList<>();
        try {
            List<PromptScore> scores = new ArrayList<>();
            Optional<ClipScorer> scorer = clip.map(folder -> ClipScorer.open(folder, executor));
            scorer.ifPresent(scores::add);
            scorer.ifPresent(opened::add);
            Optional<PictureFeatures> features = scorer.map(PictureFeatures.class::cast);
            if (inception.isPresent()) {
                Path file = inception.get();
                PictureFeatures scripted = new ScriptFeatures(file.getFileName().toString(), Scripts.load(file));
                opened.add(scripted);
                features = Optional.of(scripted);
            }
            Optional<PictureDistance> distance = lpips.map(file -> new ScriptDistance(Scripts.load(file)));
            distance.ifPresent(opened::add);
            scores.addAll(PromptScores.plugged());
            return new Judges(scorer, List.copyOf(scores), features, distance);
        } catch (RuntimeException e) {
            opened.forEach(Judges::closeQuietly);
            throw e;
        }
    }

    /** Shows a grey picture to those who may not be what they were taken for: before hours of drawing, not after. */
    void tryOut(int height, int width) {
        RgbImage grey = RgbImage.filled(width, height, 0x808080);
        features.ifPresent(f -> f.features(grey));
        lpips.ifPresent(distance -> distance.between(Planes.signed(grey), Planes.signed(grey)));
    }

    @Override
    public void close() {
        scores.forEach(PromptScore::close);
        features.filter(f -> clip.isEmpty() || f != clip.get()).ifPresent(PictureFeatures::close);
        lpips.ifPresent(PictureDistance::close);
    }

    private static void closeQuietly(AutoCloseable judge) {
        try {
            judge.close();
        } catch (Exception e) {
            // What made loading fail is the failure to report.
        }
    }
}
