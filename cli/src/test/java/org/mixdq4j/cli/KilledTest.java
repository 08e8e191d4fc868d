package org.mixdq4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code kill -9} in the middle, and the same command again: the same bytes as if nothing had happened. */
class KilledTest {
    private static final long GIVE_UP_NANOS = 120_000_000_000L;

    @TempDir
    private Path folder;

    /** Starts the command and kills it as soon as {@code file} exists. */
    private void killWhen(Path file, Object... command) throws Exception {
        Path log = folder.resolve("log");
        Process process = Mixdq.start(log, List.of(), command);
        long start = System.nanoTime();
        while (!Files.exists(file)) {
            assertThat(process.isAlive()).as(Files.readString(log)).isTrue();
            assertThat(System.nanoTime() - start).isLessThan(GIVE_UP_NANOS);
            Thread.sleep(1);
        }
        process.destroyForcibly().waitFor();
        assertThat(process.exitValue()).as("killed, not finished").isEqualTo(137);
        Files.delete(log);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"images", "manifest.json", "images/00000.png", "shard-00000.safetensors", "images/00003.png"})
    void calibrateKilledWhenThereIs(String file) throws Exception {
        Path out = folder.resolve("calib");
        Object[] command = Shipped.calibrate(Shipped.MODEL, out);
        killWhen(out.resolve(file), command);
        // What a kill in the middle of a write leaves, whether or not this one did.
        Files.writeString(out.resolve(".shard-00001.safetensors.1f2e3d.tmp"), "half");
        Files.writeString(out.resolve("images/.00002.png.1f2e3d.tmp"), "half");
        Mixdq.Outcome early = Mixdq.run(Shipped.ptq(Shipped.MODEL, out, Shipped.scheme(), folder.resolve("w8a8")));
        early.fails(1, Files.exists(out.resolve("manifest.json")) ? "is unfinished" : "There is no calibration set");
        Mixdq.run(command).succeeds();
        assertThat(Shipped.digests(out)).isEqualTo(Shipped.digests(Shipped.calibration()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"w8a8.partial", "w8a8.partial/activation_statistics.safetensors", "w8a8.partial/unet"})
    void ptqKilledWhenThereIs(String file) throws Exception {
        Path out = folder.resolve("w8a8");
        killWhen(folder.resolve(file), Shipped.ptq(out));
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
        Object[] command = Mixdq.join(Shipped.ptq(out), "--overwrite");
        killWhen(folder.resolve("w8a8.partial/activation_statistics.safetensors"), command);
        assertThat(Shipped.digests(out)).isEqualTo(old);
        Mixdq.run("info", "--verify", out).succeeds();
        Mixdq.run(command).succeeds();
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
