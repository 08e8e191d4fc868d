package org.mixdq4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.mixdq4j.core.io.Folders;
import org.mixdq4j.core.io.Sha256;

/** The model that ships, damaged copies of it, and a calibration set and a checkpoint made from it once. */
final class Shipped {
    static final Path ROOT = Path.of(System.getProperty("mixdq.root"));
    static final Path MODEL = ROOT.resolve("util_files/models/tiny-sdxl-turbo");
    static final Path CAPTIONS = ROOT.resolve("util_files/captions/captions_shapes_val.json");
    static final String UNET_WEIGHTS = "unet/diffusion_pytorch_model.safetensors";

    private static final Path PREPARED = Path.of("target/prepared").toAbsolutePath();
    private static boolean prepared;

    private Shipped() {}

    /** Four captions in two shards, pictures of 32 x 32. */
    static Object[] calibrate(Path model, Path out) {
        return new Object[] {
            "calibrate",
            "--model",
            model,
            "--captions",
            CAPTIONS,
            "--samples",
            4,
            "--shard-size",
            2,
            "--batch-size",
            1,
            "--height",
            32,
            "--width",
            32,
            "--out",
            out
        };
    }

    static Object[] ptq(Path model, Path calibration, Path scheme, Path out) {
        return new Object[] {
            "ptq", "--model", model, "--calib", calibration, "--scheme", scheme, "--ablation", 0, "--out", out
        };
    }

    static Object[] ptq(Path out) {
        return ptq(MODEL, calibration(), scheme(), out);
    }

    static Object[] infer(Path model, Path out) {
        return new Object[] {"infer", "--model", model, "--prompt", "x", "--height", 32, "--width", 32, "--out", out};
    }

    /** A finished, undisturbed calibration set; not to be written to. */
    static synchronized Path calibration() {
        prepare();
        return PREPARED.resolve("calib");
    }

    /** A finished, undisturbed checkpoint made from {@link #calibration}; not to be written to. */
    static synchronized Path checkpoint() {
        prepare();
        return PREPARED.resolve("w8a8");
    }

    /** A scheme that is quick. */
    static synchronized Path scheme() {
        prepare();
        return PREPARED.resolve("quick.yaml");
    }

    private static void prepare() {
        if (prepared) {
            return;
        }
        try {
            Folders.delete(PREPARED);
            Files.createDirectories(PREPARED);
            Files.writeString(PREPARED.resolve("quick.yaml"), "name: quick\nkeep_float: {worst: 0}\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        prepared = true;
        Mixdq.run(calibrate(MODEL, calibration())).succeeds();
        Mixdq.run(ptq(checkpoint())).succeeds();
    }

    /** A copy of the model made of links; {@link #own} makes a file of it real. */
    static Path linked(Path to) {
        return linked(MODEL, to);
    }

    static Path linked(Path from, Path to) {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path link = to.resolve(from.relativize(file).toString());
                Files.createDirectories(link.getParent());
                Files.createSymbolicLink(link, file);
            }
            return to;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A file of a linked copy, safe to be changed. */
    static Path own(Path copy, String name) throws IOException {
        Path link = copy.resolve(name);
        Path original = link.toRealPath();
        Files.delete(link);
        return Files.copy(original, link);
    }

    /** Name to SHA-256 of all files in a folder. */
    static Map<String, String> digests(Path folder) throws IOException {
        Map<String, String> digests = new TreeMap<>();
        try (Stream<Path> files = Files.walk(folder)) {
            files.filter(Files::isRegularFile)
                    .forEach(file -> digests.put(folder.relativize(file).toString(), Sha256.of(file)));
        }
        assertThat(digests).isNotEmpty();
        return digests;
    }
}
