package org.mixdq4j.core.io;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;

/** Turns the exceptions of the file system into a sentence: what failed, why in plain words, what to do. */
final class FailureSentence {
    private FailureSentence() {}

    static String of(String doing, Path path, IOException e) {
        return "cannot " + doing + " " + path + ": " + reason(path, e);
    }

    private static String reason(Path path, IOException e) {
        String system = systemMessage(e);
        String lower = system.toLowerCase(Locale.ROOT);
        if (lower.contains("no space left") || lower.contains("quota exceeded")) {
            return "no space is left on the disk; free some or choose another place";
        }
        if (lower.contains("read-only")) {
            return "the file system is read-only; choose another place";
        }
        if (lower.contains("too many open files")) {
            return "too many files are open; raise the limit (ulimit -n)";
        }
        if (lower.contains("name too long")) {
            return "the name is too long for the file system; choose a shorter one";
        }
        if (e instanceof ClosedByInterruptException) {
            return "the work was interrupted; run it again";
        }
        if (e instanceof AccessDeniedException) {
            return "permission denied; change the permissions or choose another place";
        }
        // What lies on the disk tells more than the message, which the C library may have translated.
        Path existing = nearestExisting(path);
        if (existing != null && !Files.isDirectory(existing)) {
            if (!existing.equals(path.toAbsolutePath().normalize())) {
                return existing + " is a file, not a folder; choose a path below a folder";
            }
            if (e instanceof FileAlreadyExistsException) {
                return "a file of that name is in the way; remove it or choose another name";
            }
        }
        if (e instanceof NoSuchFileException) {
            return "it does not exist; check the path";
        }
        if (Files.isDirectory(path)) {
            return "it is a folder where a file was expected; name a file";
        }
        return system.isEmpty()
                ? e.getClass().getSimpleName() + "; check the disk and run it again"
                : system + "; check the disk and run it again";
    }

    private static String systemMessage(IOException e) {
        String text = e instanceof FileSystemException fse ? fse.getReason() : e.getMessage();
        return text == null ? "" : text;
    }

    private static Path nearestExisting(Path path) {
        Path at = path.toAbsolutePath().normalize();
        while (at != null && !Files.exists(at)) {
            at = at.getParent();
        }
        return at;
    }
}
