package org.mixdq4j.evaluate.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.image.Png;
import org.mixdq4j.core.image.RgbImage;
import org.mixdq4j.core.progress.Progress;
import org.mixdq4j.evaluate.score.PictureFeatures;
import org.mixdq4j.evaluate.score.PromptScore;

/** Judges that are no networks: what they are shown, and what becomes of what they say. */
class PictureJudgingTest {
    @TempDir
    private Path folder;

    private Path picture(String name, int colour) {
        Path file = folder.resolve(name);
        Png.save(file, RgbImage.filled(4, 4, colour), Map.of());
        return file;
    }

    private static PromptScore score(double value) {
        return new PromptScore() {
            @Override
            public String name() {
                return "length";
            }

            @Override
            public double score(String prompt, RgbImage picture) {
                if (value < 0) {
                    throw new IllegalStateException("no weights");
                }
                return value * prompt.length();
            }
        };
    }

    private static PictureFeatures red() {
        return new PictureFeatures() {
            @Override
            public String description() {
                return "red";
            }

            @Override
            public float[] features(RgbImage picture) {
                return new float[] {picture.rgb()[0] & 0xff};
            }
        };
    }

    private static PictureJudging judging(PromptScore score) {
        return new PictureJudging(
                new Judges(Optional.empty(), List.of(score), Optional.of(red()), Optional.empty()), Progress.SILENT);
    }

    private List<PictureJudging.Shown> shown() {
        return List.of(
                new PictureJudging.Shown(picture("a.png", 0x100000), Optional.of("four")),
                new PictureJudging.Shown(picture("b.png", 0x200000), Optional.empty()),
                new PictureJudging.Shown(picture("c.png", 0x300000), Optional.of("seven..")));
    }

    @Test
    void picturesWithoutPromptHaveFeaturesOnly() {
        Judgement judgement = judging(score(2)).judge("x", shown());
        assertThat(judgement.scores().get("length")).containsExactly(8, 14);
        assertThat(judgement.features().orElseThrow()).isDeepEqualTo(new float[][] {{16}, {32}, {48}});
    }

    @Test
    void scoreThatIsNoNumberIsRefused() {
        assertThatThrownBy(() -> judging(score(Double.NaN)).judge("x", shown()))
                .isInstanceOf(MixdqException.class)
                .hasMessageContainingAll("score 'length' is NaN for", "a.png");
    }

    @Test
    void failureOfAPluggedInScoreIsOneSentence() {
        assertThatThrownBy(() -> judging(score(-1)).judge("x", shown()))
                .isInstanceOf(MixdqException.class)
                .hasMessageContainingAll("score 'length' failed on", "a.png", "no weights");
    }

    @Test
    void realPicturesAreFoundByTheNameTheCaptionWasWrittenFor() {
        shown();
        List<PictureJudging.Shown> real = ReferencePictures.read(
                folder,
                List.of(new Sample(1, "a caption", 2, Optional.of("b")), new Sample(2, "x", 3, Optional.empty())));
        assertThat(real).extracting(s -> s.file().getFileName().toString()).containsExactly("a.png", "b.png", "c.png");
        assertThat(real)
                .extracting(PictureJudging.Shown::prompt)
                .containsExactly(Optional.empty(), Optional.of("a caption"), Optional.empty());
    }

    @Test
    void fewPicturesForTheirFeaturesAreWarnedOf() {
        Judgement judgement = new Judgement(Map.of(), Optional.of(new float[3][3]));
        assertThat(Judging.warning(List.of(judgement)).orElseThrow())
                .startsWith("FID of 3 pictures with 3 features each is biased upwards");
        assertThat(Judging.warning(List.of(new Judgement(Map.of(), Optional.of(new float[4][3])))))
                .isEmpty();
        assertThat(Judging.warning(List.of(new Judgement(Map.of(), Optional.empty()))))
                .isEmpty();
    }
}
