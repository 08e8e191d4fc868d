package org.mixdq4j.cli;

import java.io.PrintWriter;
import org.mixdq4j.cli.command.RootCommand;
import org.mixdq4j.cli.terminal.Failures;
import picocli.CommandLine;

/** The program {@code mixdq}. */
public final class Main {
    /** Columns: what the examples in the help need. */
    private static final int HELP_WIDTH = 100;

    private Main() {}

    public static void main(String[] args) {
        System.exit(run(args));
    }

    /** Runs one command line. @return 0 done, 1 failed, 2 wrong usage */
    public static int run(String... args) {
        // DJL looks for updates and reports its use unless told not to; this program never goes online.
        System.setProperty("ai.djl.offline", "true");
        System.setProperty("OPT_OUT_TRACKING", "true");
        CommandLine command = new CommandLine(new RootCommand())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setUsageHelpWidth(HELP_WIDTH)
                .setExecutionExceptionHandler(new Failures())
                .setParameterExceptionHandler(Failures::usage);
        // Made before it is needed: when memory is full, there is none for it.
        PrintWriter err = command.getErr();
        try {
            return command.execute(args);
        } catch (OutOfMemoryError e) {
            return Failures.outOfMemory(e, err);
        }
    }
}
