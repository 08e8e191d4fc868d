package org.mixdq4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Calibration sets of another model or with other settings, damaged and edited ones. */
class BadCalibrationSetTest {
    private static final String SHARD = "shard-00001.safetensors";

    @TempDir
    private Path folder;

    private Path set;

    @BeforeEach
    void link() {
        set = Shipped.linked(Shipped.calibration(), folder.resolve("calib"));
    }

    private Mixdq.Outcome ptq(Path model) {
        Path out = folder.resolve("w8a8");
        Mixdq.Outcome outcome = Mixdq.run(Shipped.ptq(model, set, Shipped.scheme(), out));
        assertThat(out).doesNotExist();
        return outcome;
    }

    private Path otherModel() throws IOException {
        Path model = Shipped.linked(folder.resolve("model"));
        Damage.element(Shipped.own(model, Shipped.UNET_WEIGHTS), "conv_in.weight", 0, 0x3c00);
        return model;
    }

    @Test
    void missing() throws IOException {
        Files.delete(set.resolve("manifest.json"));
        ptq(Shipped.MODEL).fails(1, "There is no calibration set in", "mixdq calibrate --out");
    }

    @Test
    void ofAnotherModel() throws IOException {
        ptq(otherModel()).fails(1, "was made with a model whose unet is", "calibrate this one");
    }

    @ParameterizedTest
    @CsvSource({
        "--height,64,height 32 instead of 64",
        "--steps,2,steps 1 instead of 2",
        "--seed,7,base_seed 42 instead of 7",
        "--samples,3,4 samples instead of 3",
        "--shard-size,3,shards of 2 samples instead of 3"
    })
    void madeWithOtherSettings(String option, String value, String found) throws IOException {
        Map<String, String> before = Shipped.digests(set);
        Object[] command = Shipped.calibrate(Shipped.MODEL, set);
        int at = List.of(command).indexOf(option);
        if (at >= 0) {
            command[at + 1] = value;
        } else {
            command = Mixdq.join(command, option, value);
        }
        Mixdq.run(command).fails(1, "holds a calibration set made with " + found, "give another --out");
        assertThat(Shipped.digests(set)).isEqualTo(before);
    }

    @Test
    void goingOnWithAnotherModel() throws IOException {
        Map<String, String> before = Shipped.digests(set);
        Mixdq.run(Shipped.calibrate(otherModel(), set)).fails(1, "holds a calibration set made with another model");
        assertThat(Shipped.digests(set)).isEqualTo(before);
    }

    @Test
    void finishedAlready() throws IOException {
        Mixdq.Outcome again = Mixdq.run(Shipped.calibrate(Shipped.MODEL, set)).succeeds();
        assertThat(again.out()).contains("finished already");
        assertThat(Shipped.digests(set)).isEqualTo(Shipped.digests(Shipped.calibration()));
    }

    @Test
    void shardDamagedIsMadeAnew() throws IOException {
        Damage.flipBit(Shipped.own(set, SHARD), 50_000);
        ptq(Shipped.MODEL).fails(1, SHARD + " is not the shard that was written", "it makes the shard anew");
        Mixdq.run("info", "--verify", set).fails(1, SHARD + " is not the shard that was written");
        Mixdq.run(Shipped.calibrate(Shipped.MODEL, set)).succeeds();
        assertThat(Shipped.digests(set)).isEqualTo(Shipped.digests(Shipped.calibration()));
    }

    @Test
    void shardMissingIsMadeAnew() throws IOException {
        Files.delete(set.resolve(SHARD));
        ptq(Shipped.MODEL).fails(1, "lacks " + SHARD, "it makes what is missing");
        Mixdq.run(Shipped.calibrate(Shipped.MODEL, set)).succeeds();
        assertThat(Shipped.digests(set)).isEqualTo(Shipped.digests(Shipped.calibration()));
    }

    @Test
    void manifestEdited() throws IOException {
        Damage.json(Shipped.own(set, "manifest.json"), manifest -> ((ObjectNode) manifest.get("settings"))
                .put("height", 64));
        ptq(Shipped.MODEL).fails(1, "manifest.json is not the one shard-00000.safetensors was written with");
    }

    @Test
    void manifestCut() throws IOException {
        Damage.cut(Shipped.own(set, "manifest.json"), 700);
        ptq(Shipped.MODEL).fails(1, "manifest.json is truncated");
    }
}
