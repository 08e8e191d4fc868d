package org.mixdq4j.evaluate.pair;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mixdq4j.core.exec.Executors;
import org.mixdq4j.core.exec.InstrumentedExecutor;
import org.mixdq4j.core.exec.Numerics;
import org.mixdq4j.core.network.source.ModelFolder;
import org.mixdq4j.core.pipeline.TextToImage;
import org.mixdq4j.core.progress.Progress;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/** The shipped model against itself, and against itself with other noise. */
class PairEvaluationTest {
    private static InstrumentedExecutor executor;
    private static TextToImage pipeline;

    @TempDir
    private Path folder;

    @BeforeAll
    static void load() {
        executor = Executors.instrumented();
        Path model = Path.of(System.getProperty("mixdq.root"), "util_files", "models", "tiny-sdxl-turbo");
        pipeline = TextToImage.open(ModelFolder.open(model), 32, 32, Optional.empty(), Numerics.SIMULATED, executor);
    }

    @AfterAll
    static void close() {
        pipeline.close();
        executor.close();
    }

    private static List<Drawing> drawings(long seed) {
        List<Drawing> drawings = new ArrayList<>();
        for (String prompt : List.of("a red circle", "a blue star", "a green heart")) {
            drawings.add(new Drawing(
                    new TextToImage.Request(prompt, Optional.empty(), 2, Optional.empty(), 0), seed + drawings.size()));
        }
        return drawings;
    }

    @Test
    void aModelIsIdenticalToItselfWhateverTheBatch() {
        DrawnStore store = DrawnStore.inMemory();
        new PairEvaluation(drawings(7), 1, store, Progress.SILENT).drawReference(pipeline, "x", (i, drawn) -> {});
        List<Integer> seen = new ArrayList<>();
        PairEvaluation.Outcome outcome = new PairEvaluation(drawings(7), 2, store, Progress.SILENT)
                .compare(pipeline, "x", (i, drawn) -> seen.add(i));
        assertThat(seen).containsExactly(0, 1, 2);
        assertThat(outcome.outputSqnr()).isInfinite();
        assertThat(outcome.latentSqnr()).isInfinite();
        assertThat(outcome.ssim().value()).isEqualTo(1);
        assertThat(outcome.ssim().error()).isZero();
        assertThat(outcome.secondsPerStep()).isPositive();
    }

    @Test
    void totalsAreRatiosOfSumsAndStoresDoNotDiffer() {
        PairEvaluation.Outcome memory = otherNoise(DrawnStore.inMemory());
        PairEvaluation.Outcome disk = otherNoise(DrawnStore.onDisk(folder));
        assertThat(disk.likenesses()).isEqualTo(memory.likenesses());
        double worst = memory.likenesses().stream()
                .mapToDouble(Likeness::latentSqnr)
                .min()
                .orElseThrow();
        double best = memory.likenesses().stream()
                .mapToDouble(Likeness::latentSqnr)
                .max()
                .orElseThrow();
        assertThat(memory.latentSqnr()).isStrictlyBetween(worst, best);
        assertThat(memory.psnr().value()).isPositive().isLessThan(60);
    }

    private static PairEvaluation.Outcome otherNoise(DrawnStore store) {
        new PairEvaluation(drawings(7), 3, store, Progress.SILENT).drawReference(pipeline, "x", (i, drawn) -> {});
        return new PairEvaluation(drawings(70), 3, store, Progress.SILENT).compare(pipeline, "x", (i, drawn) -> {});
    }

    @Test
    void likenessOfAKnownError() {
        Drawn reference = drawn(2, 0.5f);
        Drawn off = drawn(2.2f, 0.6f);
        Likeness likeness = Likeness.of(reference, off);
        assertThat(likeness.psnr()).isCloseTo(20, within(1e-4));
        assertThat(likeness.latentSqnr()).isCloseTo(20, within(1e-4));
        assertThat(likeness.outputSqnr()).isCloseTo(20, within(1e-4));
        assertThat(likeness.ssim()).isStrictlyBetween(0.9, 1.0);
    }

    private static Drawn drawn(float latent, float level) {
        float[] image = new float[3 * 12 * 12];
        Arrays.fill(image, level);
        Tensor latents = Tensor.of(Shape.of(1, 1, 1, 2), latent, -latent);
        return new Drawn(latents, latents, Tensor.of(Shape.of(12, 12, 3), image));
    }
}
