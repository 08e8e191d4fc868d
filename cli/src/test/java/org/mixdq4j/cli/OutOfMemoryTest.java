package org.mixdq4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A heap that does not suffice is told in a sentence, too. */
class OutOfMemoryTest {
    @Test
    void heapTooSmall(@TempDir Path folder) throws Exception {
        Path picture = folder.resolve("p.png");
        Path log = folder.resolve("log");
        Process process = Mixdq.start(
                log,
                List.of("-Xmx20m"),
                "infer",
                "--model",
                Shipped.MODEL,
                "--prompt",
                "x",
                "--width",
                1024,
                "--height",
                1024,
                "--out",
                picture);
        assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
        new Mixdq.Outcome(process.exitValue(), "", Files.readString(log))
                .fails(1, "Out of memory (", "the heap may grow to 20.97 MB", "MIXDQ_JAVA_OPTIONS=-Xmx");
        assertThat(picture).doesNotExist();
    }
}
