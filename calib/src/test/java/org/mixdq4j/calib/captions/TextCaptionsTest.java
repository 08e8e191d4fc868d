package org.mixdq4j.calib.captions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.error.UsageException;

class TextCaptionsTest {
    @TempDir
    Path folder;

    private Path file(String text) throws Exception {
        return file(text.getBytes(StandardCharsets.UTF_8));
    }

    private Path file(byte[] bytes) throws Exception {
        return Files.write(folder.resolve("captions.json"), bytes);
    }

    @Test
    void aCaptionALineWithItsLineNumber() throws Exception {
        Path file = file("\ufeffa red circle\r\n\r\n   \n\t a \u732b \ud83d\ude00 \r\nlast without line end");
        assertThat(Captions.read(file, 3))
                .containsExactly(
                        new Caption(1, "a red circle"),
                        new Caption(4, "a \u732b \ud83d\ude00"),
                        new Caption(5, "last without line end"));
        assertThat(Captions.read(file, 2)).hasSize(2);
        assertThatThrownBy(() -> Captions.read(file, 10))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("holds 3 captions but 10 were asked for; pass --samples 3");
    }

    @Test
    void decidesByTheFirstCharacterNotByTheName() throws Exception {
        assertThat(Captions.read(file("\n\n \"quoted\" {not json}\n"), 1))
                .containsExactly(new Caption(3, "\"quoted\" {not json}"));
        assertThat(Captions.read(
                        file("\ufeff\r\n {\"annotations\": [{\"image_id\": 1, \"id\": 4, \"caption\": \"x\"}]}"), 1))
                .containsExactly(new Caption(4, "x"));
    }

    @Test
    void refusesWhatIsNoReadableFile() throws Exception {
        assertThatThrownBy(() -> Captions.read(folder.resolve("none.txt"), 1))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("No captions file at")
                .hasMessageContaining("none.txt");
        assertThatThrownBy(() -> Captions.read(folder, 1))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("is a folder");
        assertThatThrownBy(() -> Captions.read(file("x"), 0))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("--samples");
        for (String empty : new String[] {"", "\ufeff", "\n \r\n", " ".repeat(10_000)}) {
            assertThatThrownBy(() -> Captions.read(file(empty), 1))
                    .isInstanceOf(MixdqException.class)
                    .hasMessageContaining("holds no caption");
        }
    }

    @Test
    void refusesBinaryFilesAndOtherEncodings() throws Exception {
        ByteArrayOutputStream gzip = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(gzip)) {
            out.write("a red circle".getBytes(StandardCharsets.UTF_8));
        }
        byte[][] notUtf8 = {
            gzip.toByteArray(),
            "caf\u00e9 au lait".getBytes(Charset.forName("windows-1252")),
            "a red circle".getBytes(StandardCharsets.UTF_16),
            "{\"annotations\": [{\"caption\": \"caf\u00e9\"}]}".getBytes(StandardCharsets.ISO_8859_1),
            ("a red circle\n".repeat(5000) + "\u00ff").getBytes(StandardCharsets.ISO_8859_1),
        };
        for (byte[] bytes : notUtf8) {
            assertThatThrownBy(() -> Captions.read(file(bytes), 1))
                    .isInstanceOf(MixdqException.class)
                    .hasMessageContaining("is not UTF-8 text");
        }
        assertThatThrownBy(() -> Captions.read(file("PK\u0003\u0004\0\0abc\n"), 1))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("binary file");
    }
}
