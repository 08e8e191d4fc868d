package org.mixdq4j.core.artifact.sensitivity;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.mixdq4j.core.error.UsageException;

/**
 * A folder of measured sensitivities: of weights and of activations each a table of SQNR, one of SSIM, one of sizes, and
 * {@code summary.json}. Weights alone are a folder, too.
 */
public record SensitivityFolder(Path root) {
    /** What was quantized. */
    public enum Part {
        WEIGHTS("weights"),
        ACTIVATIONS("acts");

        private final String word;

        Part(String word) {
            this.word = word;
        }

        /** Begins the names of its files. */
        public String word() {
            return word;
        }
    }

    /** @throws UsageException if there is no such folder */
    public static SensitivityFolder open(Path root) {
        if (!Files.isDirectory(root)) {
            throw new UsageException("there is no sensitivity folder " + root + "; check the path");
        }
        return new SensitivityFolder(root);
    }

    /** SQNR in dB of the network's output by layer and bits. */
    public Path sqnr(Part part) {
        return root.resolve(part.word + "_sqnr.yaml");
    }

    /** SSIM of pictures by layer and bits, of the content group. */
    public Path ssim(Part part) {
        return root.resolve(part.word + "_ssim.yaml");
    }

    /** Elements of weights or of inputs by layer. */
    public Path sizes(Part part) {
        return root.resolve(part.word + "_sizes.yaml");
    }

    /** What people look at, made of the rest. */
    public Path report() {
        return root.resolve("report.html");
    }

    /** What was measured and how. */
    public Path summary() {
        return root.resolve("summary.json");
    }

    /** Whether any table of a part is there. */
    public boolean has(Part part) {
        return Stream.of(sqnr(part), ssim(part), sizes(part)).anyMatch(Files::exists);
    }

    public Provenance provenance() {
        return Provenance.read(summary());
    }
}
