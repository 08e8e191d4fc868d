package org.mixdq4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code mixdq ptq} where something is in the way, and schemes that are none. */
class BadPtqArgumentsTest {
    @TempDir
    private Path folder;

    private Mixdq.Outcome ptq(Path scheme) {
        Path out = folder.resolve("w8a8");
        Mixdq.Outcome outcome = Mixdq.run(Shipped.ptq(Shipped.MODEL, Shipped.calibration(), scheme, out));
        assertThat(out).doesNotExist();
        return outcome;
    }

    @Test
    void ontoAFolderThatIsNoCheckpoint() throws IOException {
        Path mine = Files.writeString(folder.resolve("mine.txt"), "mine");
        Mixdq.run(Shipped.ptq(folder)).fails(2, "exists and is no quantized checkpoint", "give another --out");
        Mixdq.run(Mixdq.join(Shipped.ptq(folder), "--overwrite")).fails(2, "exists and is no quantized checkpoint");
        assertThat(mine).hasContent("mine");
    }

    @Test
    void ontoAFile() throws IOException {
        Path mine = Files.writeString(folder.resolve("mine.txt"), "mine");
        Mixdq.run(Shipped.ptq(mine)).fails(2, "exists and is no quantized checkpoint");
        assertThat(mine).hasContent("mine");
    }

    @Test
    void ontoACheckpointWithoutOverwrite() throws IOException {
        Path old = Shipped.linked(Shipped.checkpoint(), folder.resolve("w8a8"));
        Mixdq.Outcome again = Mixdq.run(Shipped.ptq(old)).succeeds();
        assertThat(again.out()).contains("The checkpoint was finished already: nothing to do.", "Next: mixdq infer");
        Path other = Shipped.ROOT.resolve("configs/schemes/w8a8-naive.yaml");
        Mixdq.run(Shipped.ptq(Shipped.MODEL, Shipped.calibration(), other, old))
                .fails(
                        2,
                        "There is a quantized checkpoint in",
                        "made from other inputs or changed since",
                        "--overwrite");
        assertThat(Shipped.digests(old)).isEqualTo(Shipped.digests(Shipped.checkpoint()));
    }

    @Test
    void overwritingLeavesAFolderNamedOldAlone() throws IOException {
        Path old = Shipped.linked(Shipped.checkpoint(), folder.resolve("w8a8"));
        Path mine = Files.createDirectory(folder.resolve("w8a8.old")).resolve("mine.txt");
        Files.writeString(mine, "mine");
        Mixdq.run(Mixdq.join(Shipped.ptq(old), "--overwrite")).succeeds();
        assertThat(mine).hasContent("mine");
        assertThat(folder.toFile().list()).containsExactlyInAnyOrder("w8a8", "w8a8.old");
    }

    @Test
    void schemeMissing() {
        ptq(folder.resolve("nowhere.yaml")).fails(2, "There is no scheme file", "configs/schemes/w8a8.yaml");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "a: [}                        | is not YAML: line 1, expected the node content",
                "- a                          | is not a mapping of fields",
                "keep_flaot: {worst: 0}       | there is no field 'keep_flaot'; did you mean 'keep_float'?",
                "weights: {bitz: 8}           | there is no field 'bitz'; did you mean 'bits'?",
                "weights: {bits: 9}           | bits is '9', expected 2 to 8, or 16 for float",
                "weights: {bits: many}        | bits is 'many', expected a whole number from 2 to 16",
                "weights: {range: wide}       | range is 'wide', expected one of [minmax, mse]",
                "activations: {percentile: 1} | percentile is '1', expected a number from 50.0 to 100.0",
                "keep_float: {worst: -1}      | worst is '-1', expected a number from 0.0 to 1.0",
                "keep_float: {roles: [end]}   | roles is 'end', expected input, output or convolution",
                "keep_float: {layers: ['a[']} | layers is 'a[', expected a glob pattern",
                "bos: maybe                   | bos is 'maybe', expected true or false"
            })
    void scheme(String text, String found) throws IOException {
        ptq(Files.writeString(folder.resolve("scheme.yaml"), text)).fails(2, "The scheme ", found);
    }

    @Test
    void schemeThatIsNotText() throws IOException {
        Path scheme = Files.write(folder.resolve("scheme.yaml"), new byte[] {(byte) 0xff, (byte) 0xfe, 0, 1});
        ptq(scheme).fails(2, "is not text in UTF-8");
    }

    @Test
    void schemeThatIsEmpty() throws IOException {
        ptq(Files.createFile(folder.resolve("scheme.yaml"))).fails(2, "is not a mapping of fields");
    }

    @Test
    void ablationBelowZero() {
        Mixdq.run(
                        "ptq",
                        "--model",
                        Shipped.MODEL,
                        "--calib",
                        folder,
                        "--scheme",
                        folder,
                        "--out",
                        folder,
                        "--ablation",
                        -1)
                .fails(2, "--ablation is -1; give 0 or more");
    }
}
