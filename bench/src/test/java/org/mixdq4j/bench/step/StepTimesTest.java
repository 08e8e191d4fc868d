package org.mixdq4j.bench.step;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mixdq4j.core.artifact.checkpoint.QuantizedCheckpoint;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.exec.Executor;
import org.mixdq4j.core.exec.Executors;
import org.mixdq4j.core.network.NetworkShape;
import org.mixdq4j.core.progress.Progress;
import org.mixdq4j.ptq.scheme.SchemeReader;

/** A component by itself is quantized and run, and takes the memory its bits say. */
class StepTimesTest {
    private static final Path ROOT = Path.of(System.getProperty("mixdq.root"));
    private static final NetworkShape SHAPE = new NetworkShape(1, 12, 12, 154);

    @TempDir
    Path dir;

    @Test
    void aSchemeWithoutKnownRangesLeavesConvolutionsOrIsRefused() {
        Component component = Component.open(ROOT.resolve("util_files/models/tiny-sd3/transformer"));
        Path schemes = ROOT.resolve("configs/schemes");
        ComponentQuantizer.write(
                component, SchemeReader.read(schemes.resolve("w8a8-token.yaml")), SHAPE, 0, dir, Progress.SILENT);
        try (QuantizedCheckpoint checkpoint = QuantizedCheckpoint.open(dir)) {
            assertThat(checkpoint.config().floatLayers()).containsOnlyKeys("pos_embed.proj");
        }
        assertThatThrownBy(() -> ComponentQuantizer.write(
                        component,
                        SchemeReader.read(schemes.resolve("w8a8.yaml")),
                        SHAPE,
                        0,
                        dir.resolve("static"),
                        Progress.SILENT))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("--calls");
    }

    @Test
    void quantizedWeightsAreHeldInTheirBits() {
        Component component = Component.open(ROOT.resolve("util_files/models/tiny-sd3/transformer"));
        ComponentQuantizer.write(
                component,
                SchemeReader.read(ROOT.resolve("configs/schemes/w4a16.yaml")),
                SHAPE,
                0,
                dir,
                Progress.SILENT);
        try (Executor executor = Executors.named("cpu");
                QuantizedCheckpoint checkpoint = QuantizedCheckpoint.open(dir)) {
            StepTimes whole = StepTimes.measure(component, Optional.empty(), SHAPE, 1, false, executor);
            StepTimes small = StepTimes.measure(component, Optional.of(checkpoint), SHAPE, 2, true, executor);
            assertThat(whole.stepSeconds()).hasSize(1);
            assertThat(small.stepSeconds()).hasSize(2);
            assertThat(whole.budget()).isEmpty();
            assertThat(small.budget().orElseThrow().steps())
                    .isNotEmpty()
                    .allSatisfy(step -> assertThat(step.seconds()).isPositive())
                    .anySatisfy(
                            step -> assertThat(step.line().multiplications()).isPositive());
            assertThat(small.weightBytes()).isLessThan(whole.weightBytes() / 2);
            assertThat(small.largest()).isBetween(whole.largest() / 2, whole.largest() * 2);
        }
    }
}
