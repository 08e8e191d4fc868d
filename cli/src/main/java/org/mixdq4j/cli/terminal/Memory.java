package org.mixdq4j.cli.terminal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;

/** What the operating system says of memory. */
public final class Memory {
    private Memory() {}

    /** Largest resident size of this process so far, in bytes, where the system tells. */
    public static OptionalLong peak() {
        return field(Path.of("/proc/self/status"), "VmHWM:");
    }

    /** Memory of the machine that could be had now, in bytes. */
    public static OptionalLong available() {
        return field(Path.of("/proc/meminfo"), "MemAvailable:");
    }

    public static OptionalLong total() {
        return field(Path.of("/proc/meminfo"), "MemTotal:");
    }

    private static OptionalLong field(Path file, String name) {
        try {
            return Files.readAllLines(file).stream()
                    .filter(line -> line.startsWith(name))
                    .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("\\D", "")))
                    .findFirst();
        } catch (IOException e) {
            return OptionalLong.empty();
        }
    }
}
