package org.mixdq4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mixdq4j.core.io.Folders;

/** {@code kill -9} in the middle, and the same command again: the same bytes as if nothing had happened. */
class KilledTest {
    private static Map<String, String> undisturbed;

    @TempDir
    private Path folder;

    private void killWhen(Path file, Kill.Reset reset, Object... command) throws Exception {
        Kill.when(() -> Files.exists(file), folder.resolve("log"), reset, command);
    }

    private static Object[] calibrate(Path out) {
        Object[] command = Shipped.calibrate(Shipped.MODEL, out);
        command[List.of(command).indexOf("--samples") + 1] = 16;
        return command;
    }

    @BeforeAll
    static void calibrateUndisturbed(@TempDir Path shared) throws IOException {
        Path out = shared.resolve("calib");
        Mixdq.run(calibrate(out)).succeeds();
        undisturbed = Shipped.digests(out);
        assertThat(undisturbed).hasSize(1 + 8 + 16);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "images",
                "manifest.json",
                "images/00000.png",
                "shard-00000.safetensors",
                "images/00005.png",
                "shard-00003.safetensors"
            })
    void calibrateKilledWhenThereIs(String file) throws Exception {
        Path out = folder.resolve("calib");
        Object[] command = calibrate(out);
        killWhen(out.resolve(file), () -> Folders.delete(out), command);
        // What a kill in the middle of a write leaves, whether or not this one did.
        Files.writeString(out.resolve(".shard-00001.safetensors.1f2e3d.tmp"), "half");
        Files.writeString(out.resolve("images/.00002.png.1f2e3d.tmp"), "half");
        Mixdq.Outcome early = Mixdq.run(Shipped.ptq(Shipped.MODEL, out, Shipped.scheme(), folder.resolve("w8a8")));
        early.fails(1, Files.exists(out.resolve("manifest.json")) ? "is unfinished" : "There is no calibration set");
        Mixdq.run(command).succeeds();
        assertThat(Shipped.digests(out)).isEqualTo(undisturbed);
    }

    @ParameterizedTest
    @ValueSource(strings = {"w8a8.partial", "w8a8.partial/activation_statistics.safetensors", "w8a8.partial/unet"})
    void ptqKilledWhenThereIs(String file) throws Exception {
        Path out = folder.resolve("w8a8");
        killWhen(folder.resolve(file), () -> removeCheckpoints(out), Shipped.ptq(out));
        assertThat(out).doesNotExist();
        leaveHalf("w8a8.partial");
        refusePartial();
        Mixdq.run(Shipped.ptq(out)).succeeds();
        assertFinished(out);
    }

    @Test
    void ptqKilledWhileItReplacesAnother() throws Exception {
        Path out = folder.resolve("w8a8");
        Path other =
                Files.writeString(folder.resolve("other.yaml"), "name: other\nkeep_float: {worst: 0}\nbos: false\n");
        Mixdq.run(Shipped.ptq(Shipped.MODEL, Shipped.calibration(), other, out)).succeeds();
        Files.delete(other);
        Map<String, String> old = Shipped.digests(out);
        Path kept = Files.move(out, folder.resolve("kept"));
        Object[] command = Mixdq.join(Shipped.ptq(out), "--overwrite");
        Path statistics = folder.resolve("w8a8.partial/activation_statistics.safetensors");
        Kill.Reset reset = () -> {
            removeCheckpoints(out);
            Shipped.linked(kept, out);
        };
        killWhen(statistics, reset, command);
        assertThat(Shipped.digests(out)).isEqualTo(old);
        Mixdq.run("info", "--verify", out).succeeds();
        Mixdq.run(command).succeeds();
        Folders.delete(kept);
        assertFinished(out);
    }

    /** The last moment: all is written, only the folder has not been moved; and the scheme was another then. */
    @Test
    void ptqKilledBeforeTheMove() throws Exception {
        Path out = folder.resolve("w8a8");
        Path other = Files.writeString(
                folder.resolve("other.yaml"),
                "name: other\nactivations: {momentum: 0.5}\nkeep_float: {layers: ['conv_*'], worst: 0}\n");
        Mixdq.run(Shipped.ptq(Shipped.MODEL, Shipped.calibration(), other, out)).succeeds();
        Files.delete(other);
        Files.move(out, folder.resolve("w8a8.partial"));
        Files.writeString(folder.resolve("w8a8.partial/layer_sensitivity.json"), "{\"identity\": \"other\"}");
        leaveHalf("w8a8.partial");
        refusePartial();
        Mixdq.run(Shipped.ptq(out)).succeeds();
        assertFinished(out);
    }

    private static void removeCheckpoints(Path out) throws IOException {
        Folders.delete(out);
        Folders.delete(out.resolveSibling("w8a8.partial"));
    }

    private void leaveHalf(String work) throws IOException {
        Files.createDirectories(folder.resolve(work).resolve("unet"));
        Files.writeString(folder.resolve(work).resolve(".summary.json.1f2e3d.tmp"), "half");
        Files.writeString(folder.resolve(work).resolve("unet/.diffusion_pytorch_model.safetensors.1f2e3d.tmp"), "half");
    }

    private void refusePartial() {
        Path picture = folder.resolve("p.png");
        Path partial = folder.resolve("w8a8.partial");
        Mixdq.run(Mixdq.join(Shipped.infer(Shipped.MODEL, picture), "--quantized", partial))
                .fails(1, "is what an unfinished 'mixdq ptq' left", "run the same 'mixdq ptq' command again");
        assertThat(picture).doesNotExist();
    }

    private void assertFinished(Path out) throws IOException {
        assertThat(Shipped.digests(out)).isEqualTo(Shipped.digests(Shipped.checkpoint()));
        assertThat(folder.toFile().list()).containsExactly("w8a8");
    }
}
