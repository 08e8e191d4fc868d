package org.mixdq4j.evaluate.score;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.image.RgbImage;

/** Scores of other projects, found by their service files. */
class PromptScoresTest {
    @TempDir
    private Path jar;

    @Test
    void whatIsOnTheClassPathIsFound() {
        List<PromptScore> scores = PromptScores.plugged();
        assertThat(scores).extracting(PromptScore::name).containsExactly("brightness");
        assertThat(scores.get(0).score("x", RgbImage.filled(2, 2, 0xffffff))).isEqualTo(1);
    }

    @Test
    void nameThatIsTaken() {
        refused(Impostor.class.getName(), "Impostor", "calls itself 'clip_score'", "that is not taken");
    }

    @Test
    void nameThatIsNone() {
        refused(Nameless.class.getName(), "Nameless", "calls itself 'Image Reward'");
    }

    @Test
    void classThatIsNotThere() {
        refused("org.example.Missing", "cannot be used", "org.example.Missing", "MIXDQ_PLUGINS");
    }

    private void refused(String className, String... parts) {
        ClassLoader before = Thread.currentThread().getContextClassLoader();
        try {
            Path services = Files.createDirectories(jar.resolve("META-INF/services"));
            Files.writeString(services.resolve(PromptScore.class.getName()), className);
            URL[] urls = {jar.toUri().toURL()};
            try (URLClassLoader loader = new URLClassLoader(urls, before)) {
                Thread.currentThread().setContextClassLoader(loader);
                assertThatThrownBy(PromptScores::plugged)
                        .isInstanceOf(MixdqException.class)
                        .hasMessageContainingAll(parts);
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        } finally {
            Thread.currentThread().setContextClassLoader(before);
        }
    }

    public static final class Impostor implements PromptScore {
        @Override
        public String name() {
            return "clip_score";
        }

        @Override
        public double score(String prompt, RgbImage picture) {
            return 0;
        }
    }

    public static final class Nameless implements PromptScore {
        @Override
        public String name() {
            return "Image Reward";
        }

        @Override
        public double score(String prompt, RgbImage picture) {
            return 0;
        }
    }
}
