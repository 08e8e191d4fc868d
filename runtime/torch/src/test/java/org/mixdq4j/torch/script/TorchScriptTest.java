package org.mixdq4j.torch.script;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.exec.Script;
import org.mixdq4j.core.exec.Scripts;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/**
 * Files that torch 2.13's {@code torch.jit.script(module).save} wrote: l2.pt, a weighted mean square of two pictures;
 * colours.pt, uint8 pictures to mean and spread of each colour; tuple.pt, a tensor to a pair of it.
 */
class TorchScriptTest {

    @TempDir
    private Path folder;

    private Path file(String name) throws IOException {
        try (InputStream in = getClass().getResourceAsStream(name)) {
            Path copy = folder.resolve(name);
            Files.write(copy, in.readAllBytes());
            return copy;
        }
    }

    /** 0/24, 1/24, ... in [1, 3, 2, 4]. */
    private static Tensor ramp() {
        float[] values = new float[24];
        for (int i = 0; i < values.length; i++) {
            values[i] = i / 24f;
        }
        return Tensor.of(Shape.of(1, 3, 2, 4), values);
    }

    @Test
    void twoPicturesToOneNumber() throws IOException {
        float[] level = new float[24];
        Arrays.fill(level, 0.3f);
        try (Script script = Scripts.load(file("l2.pt"))) {
            for (int repeat = 0; repeat < 3; repeat++) {
                Tensor out = script.run(List.of(ramp(), Tensor.of(Shape.of(1, 3, 2, 4), level)));
                assertThat(out.shape()).isEqualTo(Shape.of(1, 1, 1, 1));
                assertThat(out.toFloatArray()[0]).isCloseTo(0.0968f, within(5e-5f));
            }
        }
    }

    @Test
    void bytesToFeatures() throws IOException {
        Tensor bytes = Tensor.zeros(DType.U8, Shape.of(1, 3, 2, 4));
        for (int i = 0; i < 24; i++) {
            bytes.buffer().put(i, (byte) (10 * i));
        }
        try (Script script = Scripts.load(file("colours.pt"))) {
            float[] out = script.run(List.of(bytes)).toFloatArray();
            assertThat(out)
                    .containsExactly(new float[] {0.1373f, 0.4510f, 0.7647f, 0.0961f, 0.0961f, 0.0961f}, within(5e-5f));
        }
    }

    @Test
    void wrongNumberOfInputsIsOneSentence() throws IOException {
        try (Script script = Scripts.load(file("l2.pt"))) {
            assertThatThrownBy(() -> script.run(List.of(ramp())))
                    .isInstanceOf(MixdqException.class)
                    .hasMessageContainingAll("l2.pt", "does not take [F32[1, 3, 2, 4]]")
                    .hasMessageNotContaining("\n");
        }
    }

    @Test
    void inputsTheModuleRefusesAreOneSentence() throws IOException {
        try (Script script = Scripts.load(file("colours.pt"))) {
            assertThatThrownBy(() -> script.run(List.of(ramp())))
                    .isInstanceOf(MixdqException.class)
                    .hasMessageContainingAll("colours.pt", "does not take", "expected uint8")
                    .hasMessageNotContaining("\n");
        }
    }

    @Test
    void severalResultsAreRefused() throws IOException {
        try (Script script = Scripts.load(file("tuple.pt"))) {
            assertThatThrownBy(() -> script.run(List.of(ramp())))
                    .isInstanceOf(MixdqException.class)
                    .hasMessageContaining("returned something else than one tensor");
        }
    }

    @Test
    void damagedFileIsOneSentence() throws IOException {
        Path file = file("l2.pt");
        byte[] bytes = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(bytes, bytes.length / 2));
        assertThatThrownBy(() -> Scripts.load(file))
                .isInstanceOf(MixdqException.class)
                .hasMessageContainingAll("is no TorchScript that PyTorch can load", "torch.jit.script")
                .hasMessageNotContaining("\n");
    }

    @Test
    void missingFileIsNamed() {
        assertThatThrownBy(() -> Scripts.load(folder.resolve("no.pt")))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("There is no file " + folder.resolve("no.pt"));
    }
}
