package org.mixdq4j.cli.terminal;

import java.io.PrintWriter;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.error.UsageException;
import picocli.CommandLine;

/** Failures as people see them: one sentence on standard error, exit code 1, or 2 for wrong usage. */
public final class Failures implements CommandLine.IExecutionExceptionHandler {
    @Override
    public int handleExecutionException(Exception e, CommandLine command, CommandLine.ParseResult result) {
        PrintWriter err = command.getErr();
        if (e instanceof MixdqException) {
            err.println("mixdq: " + e.getMessage());
        } else {
            err.println("mixdq: unexpected " + e + "; this is a bug, please report it with what follows.");
            e.printStackTrace(err);
        }
        err.flush();
        return e instanceof UsageException ? 2 : 1;
    }

    /** Neither heap nor memory outside it sufficed. */
    public static int outOfMemory(OutOfMemoryError e, PrintWriter err) {
        err.println("mixdq: Out of memory (" + e.getMessage() + ", the heap may grow to "
                + Units.bytes(Runtime.getRuntime().maxMemory())
                + "); ask for a smaller picture or --batch-size, or give more with"
                + " MIXDQ_JAVA_OPTIONS=-Xmx... (heap) or MIXDQ_DIRECT_MEMORY=... (outside it).");
        err.flush();
        return 1;
    }

    /** An argument picocli cannot take. */
    public static int usage(CommandLine.ParameterException e, String[] args) {
        PrintWriter err = e.getCommandLine().getErr();
        // Some of picocli's messages begin with this word, others do not.
        err.println("mixdq: " + e.getMessage().replaceFirst("^Error: ", ""));
        CommandLine.UnmatchedArgumentException.printSuggestions(e, err);
        err.println("Try '" + e.getCommandLine().getCommandSpec().qualifiedName() + " --help'.");
        err.flush();
        return 2;
    }
}
