package org.mixdq4j.core.io;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.mixdq4j.core.error.MixdqException;

/** Writes small and large files so that the name holds either the old content or all of the new one, never a part. */
public final class AtomicFiles {
    private static final int BUFFER_BYTES = 1 << 16;

    private AtomicFiles() {}

    /** Produces the content of a file. */
    @FunctionalInterface
    public interface Body {
        void writeTo(OutputStream out) throws IOException;
    }

    /**
     * Replaces {@code target} by what {@code body} writes. Missing parent folders are made. If the body throws, the
     * target stays as it was and nothing else is left behind.
     *
     * @throws MixdqException if the file cannot be written, including any IOException of the body
     */
    public static void write(Path target, Body body) {
        try (AtomicFile file = AtomicFile.open(target)) {
            OutputStream out = new BufferedOutputStream(Channels.newOutputStream(file.channel()), BUFFER_BYTES);
            try {
                body.writeTo(out);
                out.flush();
            } catch (IOException e) {
                throw failure("write", target, e);
            }
            file.commit();
        }
    }

    /** Replaces {@code target} by {@code text} in UTF-8. */
    public static void writeString(Path target, String text) {
        write(target, out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
    }

    /** Makes {@code folder} and the folders above it; does nothing where they exist. */
    public static void createDirectories(Path folder) {
        try {
            makeFolders(folder);
        } catch (IOException e) {
            throw failure("create the folder", folder, e);
        }
    }

    /**
     * Deletes what a killed process left in {@code folder}: temporary files of {@link AtomicFile}. Nothing may be being
     * written there.
     */
    public static void deleteLeftovers(Path folder) {
        if (!Files.isDirectory(folder)) {
            return;
        }
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.filter(AtomicFile::isTemporary).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw failure("clean up", folder, e);
        }
    }

    static void makeFolders(Path folder) throws IOException {
        // Files.createDirectories of JDK 17 rejects a symbolic link to a folder.
        if (!Files.isDirectory(folder)) {
            Files.createDirectories(folder);
        }
    }

    /**
     * The failure to tell a person about: "cannot {@code doing} {@code path}: cause in plain words; what to do".
     *
     * @param doing a verb such as {@code "read"}, {@code "write"} or {@code "create the folder"}
     */
    public static MixdqException failure(String doing, Path path, IOException e) {
        return new MixdqException(FailureSentence.of(doing, path, e), e);
    }
}
