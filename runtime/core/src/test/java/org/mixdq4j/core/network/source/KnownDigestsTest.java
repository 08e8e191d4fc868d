package org.mixdq4j.core.network.source;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A digest is taken from disk while its files are what they were, and never otherwise. */
class KnownDigestsTest {
    private static final int BYTES = 100;

    @TempDir
    static Path weights;

    @TempDir
    Path dir;

    private Path file;
    private int computed;

    @BeforeAll
    static void writeFiles() throws IOException, InterruptedException {
        for (String name : List.of("changing", "small")) {
            Files.write(weights.resolve(name), new byte[BYTES]);
        }
        // Their times have to lie some seconds back; the system's own cannot be set.
        Thread.sleep(2100);
    }

    private String get(String settings, int worthwhile, String digest) {
        return new KnownDigests(dir.resolve("known"), worthwhile).get(settings, List.of(file), () -> {
            computed++;
            return digest.repeat(64);
        });
    }

    @Test
    void whatIsKnownIsNotComputedAgainUntilSomethingChanges() throws IOException {
        file = weights.resolve("changing");
        assertThat(get("a", BYTES, "1")).isEqualTo("1".repeat(64));
        assertThat(get("a", BYTES, "2")).isEqualTo("1".repeat(64));
        assertThat(computed).isEqualTo(1);
        assertThat(get("b", BYTES, "3")).as("other settings").isEqualTo("3".repeat(64));
        assertThat(get("b", BYTES, "4")).isEqualTo("3".repeat(64));
        FileTime before = Files.getLastModifiedTime(file);
        byte[] changed = new byte[BYTES];
        changed[7] = 1;
        Files.write(file, changed);
        Files.setLastModifiedTime(file, before);
        assertThat(get("b", BYTES, "5")).as("as large and as old as before").isEqualTo("5".repeat(64));
        assertThat(get("b", BYTES, "6")).as("changed just now: not kept").isEqualTo("6".repeat(64));
    }

    @Test
    void whatIsSmallOrDamagedIsComputed() throws IOException {
        file = weights.resolve("small");
        assertThat(get("a", BYTES + 1, "1")).isEqualTo("1".repeat(64));
        assertThat(dir.resolve("known")).doesNotExist();
        assertThat(get("a", BYTES, "2")).isEqualTo("2".repeat(64));
        try (var known = Files.list(dir.resolve("known"))) {
            for (Path entry : known.toList()) {
                Files.writeString(entry, Files.readString(entry).replace("222", "22x"));
            }
        }
        assertThat(get("a", BYTES, "3")).isEqualTo("3".repeat(64));
        assertThat(Files.getLastModifiedTime(file).toInstant()).isBefore(Instant.now());
    }
}
