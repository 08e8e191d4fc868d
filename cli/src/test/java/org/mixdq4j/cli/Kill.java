package org.mixdq4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;

/** {@code kill -9} at a moment of one's choice. */
final class Kill {
    /** Exit code of a process that signal 9 ended. */
    private static final int KILLED = 137;

    private Kill() {}

    /** Puts things back for another attempt. */
    interface Reset {
        void run() throws IOException;
    }

    /**
     * Starts the command and kills it as soon as {@code now} says so. On a busy machine it may have finished by the time it
     * is looked at: then once more.
     *
     * @param log for what it says; deleted afterwards
     */
    static void when(Callable<Boolean> now, Path log, Reset reset, Object... command) throws Exception {
        for (int attempt = 0; attempt < 10; attempt++) {
            reset.run();
            Process process = Mixdq.start(log, List.of(), command);
            while (!now.call() && process.isAlive()) {
                Thread.sleep(1);
            }
            process.destroyForcibly().waitFor();
            String said = Files.readString(log);
            Files.delete(log);
            if (process.exitValue() == KILLED) {
                return;
            }
            assertThat(process.exitValue()).as(said).isZero();
        }
        fail("finished ten times before it could be killed");
    }
}
