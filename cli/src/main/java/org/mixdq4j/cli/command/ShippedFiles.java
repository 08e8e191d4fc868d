package org.mixdq4j.cli.command;

import java.nio.file.Files;
import java.nio.file.Path;
import org.mixdq4j.core.error.UsageException;

/** Files that ship with the project. */
public final class ShippedFiles {
    private ShippedFiles() {}

    /** @param path below the project's folder. @throws UsageException if it is not there */
    public static Path of(String path) {
        Path root = Path.of(System.getProperty("mixdq.root", "."));
        if (!Files.exists(root.resolve(path))) {
            throw new UsageException("The file " + root.resolve(path)
                    + " that ships with mixdq is not there; start mixdq by its launcher in the project's folder.");
        }
        return root.resolve(path);
    }
}
