package org.mixdq4j.report.data;

import java.nio.file.Path;
import org.mixdq4j.core.io.Folders;
import org.mixdq4j.core.io.Sha256;

/**
 * A file a report was made from.
 *
 * @param name its name and that of its folder: a report is passed on, and whole paths say more than they should
 */
public record SourceFile(String name, long bytes, String sha256) {
    public static SourceFile of(Path file) {
        Path path = file.toAbsolutePath().normalize();
        int names = path.getNameCount();
        return new SourceFile(
                path.subpath(Math.max(0, names - 2), names).toString().replace('\\', '/'),
                Folders.size(file),
                Sha256.of(file));
    }
}
