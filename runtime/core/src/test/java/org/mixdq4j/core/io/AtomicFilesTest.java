package org.mixdq4j.core.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mixdq4j.core.error.MixdqException;

class AtomicFilesTest {
    @TempDir
    Path dir;

    @Test
    void replacesTheOldContentAndLeavesNothingElse() throws IOException {
        Path file = dir.resolve("a.txt");
        AtomicFiles.writeString(file, "old");
        AtomicFiles.writeString(file, "new é");
        assertThat(file).hasContent("new é");
        assertThat(children()).containsExactly(file);
    }

    @Test
    void makesMissingParentFolders() {
        Path file = dir.resolve("x/y/a.txt");
        AtomicFiles.writeString(file, "deep");
        assertThat(file).hasContent("deep");
    }

    @Test
    void writesUnderATemporarySiblingNameUntilTheBodyIsDone() throws IOException {
        Path file = dir.resolve("a.txt");
        AtomicFiles.write(file, out -> {
            out.write(1);
            assertThat(file).doesNotExist();
            assertThat(children())
                    .singleElement()
                    .extracting(path -> path.getFileName().toString())
                    .asString()
                    .matches("\\.a\\.txt\\..+\\.tmp");
        });
        assertThat(children()).containsExactly(file);
    }

    @Test
    void keepsTheOldContentWhenTheBodyFails() throws IOException {
        Path file = dir.resolve("a.txt");
        AtomicFiles.writeString(file, "old");
        assertThatThrownBy(() -> AtomicFiles.write(file, out -> {
                    out.write(new byte[100_000]);
                    throw new IOException("No space left on device");
                }))
                .isInstanceOf(MixdqException.class)
                .hasMessageContainingAll("cannot write " + file, "no space is left", "free some");
        assertThatThrownBy(() -> AtomicFiles.write(file, out -> {
                    throw new IllegalStateException("bug");
                }))
                .isInstanceOf(IllegalStateException.class);
        assertThat(file).hasContent("old");
        assertThat(children()).containsExactly(file);
    }

    @Test
    void replacesTheFileBehindALinkAndKeepsTheLink() throws IOException {
        Path real = Files.writeString(dir.resolve("real"), "old");
        Path link = Files.createSymbolicLink(dir.resolve("link"), real);
        AtomicFiles.writeString(link, "new");
        assertThat(real).hasContent("new");
        assertThat(link).isSymbolicLink();
    }

    @Test
    void refusesAFolderAndADevice() {
        assertThatThrownBy(() -> AtomicFiles.writeString(dir, "x"))
                .isInstanceOf(MixdqException.class)
                .hasMessageContainingAll(dir.toString(), "folder");
        assertThatThrownBy(() -> AtomicFiles.writeString(Path.of("/dev/null"), "x"))
                .isInstanceOf(MixdqException.class)
                .hasMessageContainingAll("/dev/null", "device");
    }

    @Test
    void namesTheFileThatStandsWhereAFolderShould() throws IOException {
        Path file = Files.writeString(dir.resolve("plain"), "x");
        String hint = file + " is a file, not a folder";
        assertThatThrownBy(() -> AtomicFiles.writeString(file.resolve("a.txt"), "x"))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining(hint);
        assertThatThrownBy(() -> AtomicFiles.createDirectories(file.resolve("a/b")))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining(hint);
        assertThatThrownBy(() -> AtomicFiles.createDirectories(file))
                .isInstanceOf(MixdqException.class)
                .hasMessageContainingAll("cannot create the folder " + file, "in the way");
    }

    @Test
    void takesALinkToAFolderForAFolder() throws IOException {
        Path link = Files.createSymbolicLink(dir.resolve("link"), Files.createDirectory(dir.resolve("real")));
        AtomicFiles.createDirectories(link);
        AtomicFiles.writeString(link.resolve("a"), "x");
        assertThat(dir.resolve("real/a")).hasContent("x");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "No space left on device, no space is left on the disk",
        "Disk quota exceeded, no space is left on the disk",
        "Read-only file system, the file system is read-only",
        "Too many open files, too many files are open",
        "File name too long, the name is too long",
        "Input/output error, Input/output error; check the disk",
    })
    void saysInPlainWordsWhatTheSystemReported(String reported, String expected) {
        Path path = dir.resolve("a");
        assertThat(AtomicFiles.failure("write", path, new FileSystemException(path.toString(), null, reported)))
                .hasMessageStartingWith("cannot write " + path + ": " + expected);
        assertThat(AtomicFiles.failure("write", path, new IOException(reported)))
                .hasMessageContaining(expected)
                .hasCauseInstanceOf(IOException.class);
    }

    @Test
    void saysThatPermissionIsMissing() {
        Path path = dir.resolve("a");
        assertThat(AtomicFiles.failure("read", path, new AccessDeniedException(path.toString())))
                .hasMessageStartingWith("cannot read " + path + ": permission denied; ");
    }

    private List<Path> children() throws IOException {
        try (Stream<Path> entries = Files.list(dir)) {
            return entries.toList();
        }
    }
}
