package org.mixdq4j.cli.terminal;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** How long ago this process was started, the script that became it included. */
public final class ProcessAge {
    /** Of what Linux tells programs, on every machine there is. */
    private static final double TICKS_PER_SECOND = 100;
    /** Of the start among the fields that follow the name of the program. */
    private static final int START = 19;

    private ProcessAge() {}

    /** Seconds, to a hundredth where the system tells, else since the Java machine was started. */
    public static double seconds() {
        return fromSystem()
                .orElseGet(() -> (System.currentTimeMillis()
                                - ManagementFactory.getRuntimeMXBean().getStartTime())
                        / 1e3);
    }

    /** Not by {@link ProcessHandle}, which knows when the machine was started to a second only. */
    private static Optional<Double> fromSystem() {
        try {
            String stat = Files.readString(Path.of("/proc/self/stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            String[] uptime = Files.readString(Path.of("/proc/uptime")).split(" ");
            return Optional.of(Double.parseDouble(uptime[0]) - Long.parseLong(fields[START]) / TICKS_PER_SECOND);
        } catch (IOException | RuntimeException e) {
            return Optional.empty();
        }
    }
}
