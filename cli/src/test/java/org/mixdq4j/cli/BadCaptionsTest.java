package org.mixdq4j.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code mixdq calibrate} with captions that cannot be used. */
class BadCaptionsTest {
    @TempDir
    private Path folder;

    private Path captions;

    @BeforeEach
    void name() {
        captions = folder.resolve("captions");
    }

    private Mixdq.Outcome calibrate() {
        return Mixdq.run(
                "calibrate",
                "--model",
                Shipped.MODEL,
                "--captions",
                captions,
                "--samples",
                4,
                "--out",
                folder.resolve("calib"));
    }

    @Test
    void missing() {
        calibrate().fails(2, "No captions file at " + captions, "captions_val2014.json");
    }

    @Test
    void otherJson() throws IOException {
        Files.writeString(captions, "{\"images\": []}");
        calibrate().fails(1, "is JSON but not COCO captions", "images", "annotations");
    }

    @Test
    void binary() throws IOException {
        byte[] bytes = new byte[3000];
        new Random(1).nextBytes(bytes);
        Files.write(captions, bytes);
        calibrate().fails(1, "is not UTF-8 text");
    }

    @Test
    void empty() throws IOException {
        Files.createFile(captions);
        calibrate().fails(1, "holds no caption");
    }

    @Test
    void cutShort() throws IOException {
        Files.copy(Shipped.CAPTIONS, captions);
        Damage.cut(captions, 20_000);
        calibrate().fails(1, "cut short");
    }

    @Test
    void fewerThanSamples() throws IOException {
        Files.writeString(captions, "a red circle\na blue star\n");
        calibrate().fails(2, "holds 2 captions but 4 were asked for", "--samples 2");
    }
}
