package org.mixdq4j.core.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mixdq4j.core.error.MixdqException;

class FoldersTest {
    @TempDir
    Path dir;

    private Path folder(String name, String content) throws Exception {
        Path folder = Files.createDirectory(dir.resolve(name));
        Files.writeString(folder.resolve("file"), content);
        return folder;
    }

    private List<String> entries() throws Exception {
        try (Stream<Path> entries = Files.list(dir)) {
            return entries.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void replacesAFolderAndLeavesNothingElse() throws Exception {
        folder("out", "old");
        Folders.replace(folder("out.partial", "new"), dir.resolve("out"));

        assertThat(dir.resolve("out/file")).hasContent("new");
        assertThat(entries()).containsExactly("out");
    }

    @Test
    void movesToANameThatIsFree() throws Exception {
        Folders.replace(folder("out.partial", "new"), dir.resolve("out"));

        assertThat(dir.resolve("out/file")).hasContent("new");
        assertThat(entries()).containsExactly("out");
    }

    @Test
    void keepsWhatAPersonPutBeside() throws Exception {
        folder("out", "old");
        folder("out.old", "backup");
        folder(".out.old", "another");
        Folders.replace(folder("out.partial", "new"), dir.resolve("out"));

        assertThat(entries()).containsExactly(".out.old", "out", "out.old");
        assertThat(dir.resolve("out.old/file")).hasContent("backup");
        assertThat(dir.resolve(".out.old/file")).hasContent("another");
    }

    @Test
    void theOldFolderIsBackIfTheNewOneCannotBeMoved() throws Exception {
        folder("out", "old");

        assertThatThrownBy(() -> Folders.replace(dir.resolve("none"), dir.resolve("out")))
                .isInstanceOf(MixdqException.class);

        assertThat(dir.resolve("out/file")).hasContent("old");
        assertThat(entries()).containsExactly("out");
    }

    @Test
    void addsUpFilesByTheirEnding() throws Exception {
        Path folder = folder("weights", "text");
        Files.write(folder.resolve("a.safetensors"), new byte[10]);
        Files.write(folder.resolve("b.safetensors"), new byte[5]);

        assertThat(Folders.size(folder, ".safetensors")).isEqualTo(15);
        assertThat(Folders.size(folder.resolve("file"))).isEqualTo(4);
        Folders.delete(folder);
        Folders.delete(folder);
        assertThat(folder).doesNotExist();
    }
}
