package org.mixdq4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code mixdq sensitivity} given what it cannot work with. */
class BadSensitivityArgumentsTest {
    @TempDir
    private Path folder;

    private Path out;

    @BeforeEach
    void name() {
        out = folder.resolve("out");
    }

    private Mixdq.Outcome sensitivity(Path model, Path calibration, Object... more) {
        return Mixdq.run(
                Mixdq.join(new Object[] {"sensitivity", "--model", model, "--calib", calibration, "--out", out}, more));
    }

    private Mixdq.Outcome sensitivity(Object... more) {
        return sensitivity(Shipped.MODEL, Shipped.calibration(), more);
    }

    @ParameterizedTest(name = "{0}={1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "--weight-bits | 1         | --weight-bits has '1'; give numbers of bits from 2 to 8",
                "--weight-bits | 4,9       | --weight-bits has '9'; give numbers of bits from 2 to 8",
                "--weight-bits | 4,,8      | --weight-bits has ''",
                "--weight-bits | four      | --weight-bits has 'four'",
                "--act-bits    | 16        | --act-bits has '16'; give numbers of bits from 2 to 8",
                "--act-bits    | 4.5       | --act-bits has '4.5'",
                "--act-bits    | -4        | --act-bits has '-4'",
                "--samples     | 0         | --samples is 0; give 1 or more",
                "--samples     | -3        | --samples is -3",
                "--samples     | many      | 'many' is not an int",
                "--directions  | 0         | --directions is 0; give 1 to 1024",
                "--directions  | 1025      | --directions is 1025",
                "--threads     | 0         | --threads is 0; give 1 or more",
                "--memory      | 0         | --memory is 0.0; give gibibytes above 0",
                "--memory      | NaN       | --memory is NaN",
                "--method      | guess     | --method is 'guess'; give exact, estimate or both",
                "--ssim        | local     | --ssim is 'local'; give gaussian or global",
                "--device      | cuda      | The executor 'cuda' does not show what layers read",
                "--device      | quantum   | There is no executor 'quantum'; known are auto, ",
                "--scheme      | nowhere.y | There is no scheme file nowhere.y"
            })
    void option(String name, String value, String found) {
        sensitivity(name + "=" + value).fails(2, found);
        assertThat(out).doesNotExist();
    }

    @Test
    void noBitsAtAll() {
        sensitivity("--weight-bits=").fails(2, "--weight-bits has ''");
        sensitivity("--weight-bits", "none", "--act-bits", "none").fails(2, "are both none; give one");
        assertThat(out).doesNotExist();
    }

    @Test
    void missingModel() {
        Path nowhere = folder.resolve("nowhere");
        sensitivity(nowhere, Shipped.calibration()).fails(1, "There is no model " + nowhere);
        Mixdq.run("sensitivity", "--calib", folder, "--out", out).fails(2, "Missing required option: '--model=MODEL'");
        assertThat(out).doesNotExist();
    }

    @Test
    void missingCalibrationSet() {
        sensitivity(Shipped.MODEL, folder).fails(1, "There is no calibration set in " + folder, "mixdq calibrate");
        assertThat(out).doesNotExist();
    }

    @Test
    void unfinishedCalibrationSet() throws IOException {
        Path set = Shipped.linked(Shipped.calibration(), folder.resolve("calib"));
        Damage.json(Shipped.own(set, "manifest.json"), manifest -> manifest.putArray("shards"));
        sensitivity(Shipped.MODEL, set).fails(1, "The calibration set in " + set + " is unfinished");
        assertThat(out).doesNotExist();
    }

    @Test
    void damagedCalibrationSet() throws IOException {
        Path set = Shipped.linked(Shipped.calibration(), folder.resolve("calib"));
        Path shard = Shipped.own(set, "shard-00001.safetensors");
        Damage.flipBit(shard, (int) Files.size(shard) - 1);
        sensitivity(Shipped.MODEL, set).fails(1, shard + " is not the shard that was written");
        assertThat(out).doesNotExist();
    }

    @Test
    void calibrationSetOfAnotherModel() throws IOException {
        Path model = Shipped.linked(folder.resolve("model"));
        Damage.element(Shipped.own(model, Shipped.UNET_WEIGHTS), "conv_in.weight", 0, 0x3c00);
        sensitivity(model, Shipped.calibration()).fails(1, "was made with a model whose unet is", "calibrate this one");
        assertThat(out).doesNotExist();
    }

    @Test
    void folderOfAnotherMeasurement() throws IOException {
        Files.createDirectories(out);
        Path journal = Files.writeString(out.resolve("measured.journal"), "mixdq4j-sensitivity-journal 1 0123\n");
        sensitivity().fails(2, "The folder " + out + " holds sensitivities measured on another model", "--overwrite");
        assertThat(journal).hasContent("mixdq4j-sensitivity-journal 1 0123");
        assertThat(out.toFile().list()).containsExactly("measured.journal");
    }

    @Test
    void ontoAFile() throws IOException {
        Files.writeString(out, "mine");
        sensitivity().fails(1, "cannot create the folder " + out, "a file of that name is in the way");
        assertThat(out).hasContent("mine");
        out = out.resolve("below");
        sensitivity().fails(1, "cannot create the folder " + out, "is a file, not a folder");
    }

    @Test
    void ontoAFolderWhereTheJournalsNameIsTaken() throws IOException {
        Files.createDirectories(out.resolve("measured.journal"));
        sensitivity("--method", "exact", "--weight-bits", "4", "--act-bits", "none")
                .fails(1, "cannot write " + out.resolve("measured.journal"), "is a folder");
    }

    @Test
    void damagedLineOfAJournal() throws IOException {
        Object[] command = {"--samples", 1, "--method", "estimate", "--directions", 1, "--weight-bits", 8};
        sensitivity(Mixdq.join(command, "--act-bits", "none")).succeeds();
        Path journal = out.resolve("estimated-1.journal");
        List<String> lines = Files.readAllLines(journal);
        lines.set(3, lines.get(3).replace("WEIGHTS 8", "WEIGHTS eight"));
        Files.write(journal, lines);
        sensitivity(Mixdq.join(command, "--act-bits", "none"))
                .fails(1, journal + " has the line '" + lines.get(3) + "'", "delete the line");
        lines.remove(3);
        Files.write(journal, lines);
        assertThat(sensitivity(Mixdq.join(command, "--act-bits", "none"))
                        .succeeds()
                        .err())
                .contains("estimating: 263, 262 of them done before");
    }
}
