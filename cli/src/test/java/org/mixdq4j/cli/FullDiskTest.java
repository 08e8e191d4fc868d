package org.mixdq4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Output folders on a disk that is full. Needs the right to mount a small one in memory; skipped without. */
class FullDiskTest {
    private static final String FULL = "no space is left on the disk; free some or choose another place";

    @TempDir
    private Path folder;

    private Path disk;

    private void mount(String size) throws Exception {
        disk = Files.createDirectory(folder.resolve("disk"));
        boolean mounted;
        try {
            mounted = run("mount", "-t", "tmpfs", "-o", "size=" + size, "tmpfs", disk.toString());
        } catch (IOException e) {
            mounted = false;
        }
        if (!mounted) {
            disk = null;
        }
        assumeTrue(mounted, "this process may not mount a tmpfs");
    }

    private void grow(String size) throws Exception {
        assertThat(run("mount", "-o", "remount,size=" + size, disk.toString())).isTrue();
    }

    private static boolean run(String... command) throws Exception {
        return new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start()
                        .waitFor()
                == 0;
    }

    @AfterEach
    void unmount() throws Exception {
        if (disk != null) {
            // Lazily: what this process mapped of its files stays mapped until the garbage collector comes by.
            assertThat(run("umount", "--lazy", disk.toString())).isTrue();
        }
    }

    private List<String> files() throws IOException {
        try (Stream<Path> all = Files.walk(disk)) {
            return all.filter(Files::isRegularFile)
                    .map(file -> disk.relativize(file).toString())
                    .sorted()
                    .toList();
        }
    }

    @Test
    void calibrateKeepsWholeShardsAndGoesOn() throws Exception {
        Path reference = Shipped.calibration();
        mount("160k");
        Object[] command = Shipped.calibrate(Shipped.MODEL, disk.resolve("calib"));
        Mixdq.run(command).fails(1, "cannot write", "shard-00001.safetensors", FULL);
        assertThat(files())
                .containsExactly(
                        "calib/images/00000.png",
                        "calib/images/00001.png",
                        "calib/images/00002.png",
                        "calib/images/00003.png",
                        "calib/manifest.json",
                        "calib/shard-00000.safetensors");
        Mixdq.run(Shipped.ptq(Shipped.MODEL, disk.resolve("calib"), Shipped.scheme(), folder.resolve("w8a8")))
                .fails(1, "is unfinished; run the same 'mixdq calibrate' command again");
        Object written = Files.getLastModifiedTime(disk.resolve("calib/shard-00000.safetensors"));
        grow("400k");
        assertThat(Mixdq.run(command).succeeds().out()).contains("1 of 2 shards were there from an earlier run");
        assertThat(Files.getLastModifiedTime(disk.resolve("calib/shard-00000.safetensors")))
                .isEqualTo(written);
        assertThat(Shipped.digests(disk.resolve("calib"))).isEqualTo(Shipped.digests(reference));
    }

    @Test
    void ptqKeepsItsStatisticsAndGoesOn() throws Exception {
        Path reference = Shipped.checkpoint();
        mount("12m");
        Object[] command = Shipped.ptq(disk.resolve("w8a8"));
        Mixdq.run(command).fails(1, "cannot write", "w8a8.partial/" + Shipped.UNET_WEIGHTS, FULL);
        assertThat(files())
                .containsExactly("w8a8.partial/activation_statistics.safetensors", "w8a8.partial/unet/config.json");
        Mixdq.run(Mixdq.join(
                        Shipped.infer(Shipped.MODEL, folder.resolve("p.png")),
                        "--quantized",
                        disk.resolve("w8a8.partial")))
                .fails(1, "is what an unfinished 'mixdq ptq' left");
        grow("30m");
        Mixdq.Outcome again = Mixdq.run(command).succeeds();
        assertThat(again.err()).doesNotContain("activation statistics");
        assertThat(Shipped.digests(disk.resolve("w8a8"))).isEqualTo(Shipped.digests(reference));
        assertThat(disk.toFile().list()).containsExactly("w8a8");
    }

    @Test
    void ptqWithoutRoomForItsStatistics() throws Exception {
        Shipped.checkpoint();
        mount("300k");
        Mixdq.run(Shipped.ptq(disk.resolve("w8a8"))).fails(1, "w8a8.partial/activation_statistics.safetensors", FULL);
        assertThat(files()).isEmpty();
    }

    @Test
    void sensitivityKeepsWhatItEstimatedAndGoesOn() throws Exception {
        Path reference = folder.resolve("sensitivity");
        Mixdq.run(estimate(reference)).succeeds();
        long statistics = Files.size(reference.resolve("activation_statistics.safetensors"));
        mount(statistics / 1024 + 40 + "k");
        Path out = disk.resolve("sensitivity");
        Mixdq.run(estimate(out)).fails(1, "cannot write", "estimated-1.journal", FULL);
        assertThat(files())
                .containsExactly("sensitivity/activation_statistics.safetensors", "sensitivity/estimated-1.journal");
        String before = Files.readString(out.resolve("estimated-1.journal"));
        assertThat(before.lines().count()).isBetween(100L, 500L);
        grow(statistics / 1024 + 1000 + "k");
        Mixdq.Outcome again = Mixdq.run(estimate(out)).succeeds();
        assertThat(again.err()).contains(", " + (before.lines().count() - 1) + " of them done before");
        assertThat(Files.readString(out.resolve("estimated-1.journal"))).startsWith(before);
        assertThat(out.resolve("weights_sqnr.yaml")).hasSameTextualContentAs(reference.resolve("weights_sqnr.yaml"));
        assertThat(out.resolve("sensitivity.csv")).hasSameTextualContentAs(reference.resolve("sensitivity.csv"));
    }

    private static Object[] estimate(Path out) {
        return Mixdq.join(
                SensitivityTest.command(out, "4,8", "none"), "--method", "estimate", "--directions", 1, "--threads", 1);
    }

    @Test
    void inferLeavesNothingHalf() throws Exception {
        mount("4k");
        Files.write(disk.resolve("fill"), new byte[4096]);
        Mixdq.run(Shipped.infer(Shipped.MODEL, disk.resolve("p.png"))).fails(1, "cannot write", "p.png", FULL);
        assertThat(files()).containsExactly("fill");
    }

    @Test
    void inferKeepsThePictureWhereItsTraceDoesNotFit() throws Exception {
        mount("16k");
        Mixdq.run(Mixdq.join(
                        Shipped.infer(Shipped.MODEL, disk.resolve("p.png")),
                        "--save-latents",
                        disk.resolve("trace.safetensors")))
                .fails(1, "trace.safetensors", FULL);
        assertThat(files()).containsExactly("p.png");
    }
}
