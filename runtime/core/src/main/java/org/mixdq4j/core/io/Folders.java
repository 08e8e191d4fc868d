package org.mixdq4j.core.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.mixdq4j.core.error.MixdqException;

/** Sizes of files and folders, and replacing one folder by another. */
public final class Folders {
    private Folders() {}

    /** Bytes of a file. */
    public static long size(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            throw AtomicFiles.failure("read", file, e);
        }
    }

    /** Bytes of all files directly in {@code folder} whose names end in {@code suffix}. */
    public static long size(Path folder, String suffix) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().endsWith(suffix))
                    .mapToLong(Folders::size)
                    .sum();
        } catch (IOException e) {
            throw AtomicFiles.failure("read", folder, e);
        }
    }

    /**
     * Moves a finished folder to {@code target}. What is there stays until the new one is in place; nothing else is
     * touched.
     *
     * @throws MixdqException if it cannot be moved; then the old folder is back where it was
     */
    public static void replace(Path finished, Path target) {
        Path destination = target.toAbsolutePath();
        Path old = unusedSibling(destination);
        try {
            if (Files.exists(destination)) {
                Files.move(destination, old, StandardCopyOption.ATOMIC_MOVE);
            }
            try {
                Files.move(finished, destination, StandardCopyOption.ATOMIC_MOVE);
            } catch (IOException e) {
                if (Files.exists(old)) {
                    Files.move(old, destination, StandardCopyOption.ATOMIC_MOVE);
                }
                throw e;
            }
            delete(old);
        } catch (IOException e) {
            throw AtomicFiles.failure("move the finished folder to", destination, e);
        }
    }

    /** A name beside {@code path} that nobody has: a "checkpoint.old" there may be somebody's backup. */
    private static Path unusedSibling(Path path) {
        String name = "." + path.getFileName() + ".old";
        Path sibling = path.resolveSibling(name);
        for (int i = 2; Files.exists(sibling, LinkOption.NOFOLLOW_LINKS); i++) {
            sibling = path.resolveSibling(name + i);
        }
        return sibling;
    }

    /** Deletes a folder and all in it; nothing if there is none. */
    public static void delete(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        List<Path> all;
        try (Stream<Path> walk = Files.walk(folder)) {
            all = walk.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path path : all) {
            Files.delete(path);
        }
    }
}
