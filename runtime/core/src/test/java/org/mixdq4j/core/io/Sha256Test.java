package org.mixdq4j.core.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mixdq4j.core.error.MixdqException;

class Sha256Test {
    /** FIPS 180-2, appendix B.1. */
    private static final String ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    @TempDir
    Path dir;

    @Test
    void agreesWithThePublishedVectorHoweverTheBytesCome() throws IOException {
        byte[] abc = "abc".getBytes(StandardCharsets.US_ASCII);
        assertThat(Sha256.of(abc)).isEqualTo(ABC);
        assertThat(Sha256.of(Files.write(dir.resolve("abc"), abc))).isEqualTo(ABC);
        ByteBuffer b = ByteBuffer.allocateDirect(3).put(abc).position(1).limit(2);
        assertThat(new Sha256.Builder().add("a").add(b).add(new byte[] {'c'}).hex())
                .isEqualTo(ABC);
        assertThat(b.position()).isEqualTo(1);
    }

    @Test
    void readsFilesLongerThanItsBuffer() throws IOException {
        byte[] bytes = new byte[(1 << 20) + 17];
        bytes[1 << 20] = 1;
        assertThat(Sha256.of(Files.write(dir.resolve("long"), bytes))).isEqualTo(Sha256.of(bytes));
    }

    @Test
    void saysThatAFileIsMissing() {
        assertThatThrownBy(() -> Sha256.of(dir.resolve("no")))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("does not exist");
    }
}
