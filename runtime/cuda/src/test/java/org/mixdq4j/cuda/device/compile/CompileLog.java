package org.mixdq4j.cuda.device.compile;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What compiled, a line each as soon as it is known. A line begins with {@code ok} or {@code wrong} and the key of a binary. */
record CompileLog(Optional<Path> file) {
    private static final String OK = "ok ";

    static CompileLog of(String file) {
        return new CompileLog(Optional.ofNullable(file).map(Path::of));
    }

    /** Keys of what compiled before. */
    Set<String> passed() {
        if (file.isEmpty() || !Files.exists(file.get())) {
            return Set.of();
        }
        try {
            Set<String> keys = new HashSet<>();
            for (String line : Files.readAllLines(file.get())) {
                if (line.startsWith(OK)) {
                    keys.add(line.split(" ")[1]);
                }
            }
            return keys;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** @param trouble empty for none */
    synchronized void add(String key, String what, String trouble) {
        if (file.isEmpty()) {
            return;
        }
        String line = (trouble.isEmpty() ? OK : "wrong ") + key + " " + what + " "
                + trouble.lines()
                        .filter(each -> each.contains("spill") || each.contains("error"))
                        .limit(3)
                        .toList();
        try {
            Files.write(file.get(), List.of(line), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
