package org.mixdq4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** The program, run in this process with what it prints caught, or as a process that can be killed. */
final class Mixdq {
    private static final String PROGRESS = "[a-z ]+(: .*| \\[[#-]+\\] .*)";

    private Mixdq() {}

    /** What a run came to. */
    record Outcome(int exit, String out, String err) {
        /** Requires exit code 0. */
        Outcome succeeds() {
            assertThat(exit).as(err).isZero();
            return this;
        }

        /**
         * Requires this exit code and one sentence on standard error, with these parts, besides progress and the hint
         * to the help.
         */
        Outcome fails(int code, String... parts) {
            System.out.println("exit " + exit + " | " + err.strip().replace("\n", " / "));
            List<String> lines = err.lines()
                    .filter(line -> !line.matches(PROGRESS) || line.startsWith("mixdq: "))
                    .filter(line -> !line.startsWith("Try 'mixdq") && !line.startsWith("Did you mean: "))
                    .toList();
            assertThat(lines).as(err).hasSize(1);
            assertThat(lines.get(0)).startsWith("mixdq: ").doesNotContain("this is a bug");
            assertThat(lines.get(0)).contains(parts);
            assertThat(exit).as(err).isEqualTo(code);
            assertThat(out).doesNotContain("\tat ");
            return this;
        }
    }

    static Outcome run(Object... arguments) {
        PrintStream out = System.out;
        PrintStream err = System.err;
        ByteArrayOutputStream caughtOut = new ByteArrayOutputStream();
        ByteArrayOutputStream caughtErr = new ByteArrayOutputStream();
        try {
            System.setOut(new PrintStream(caughtOut, true, StandardCharsets.UTF_8));
            System.setErr(new PrintStream(caughtErr, true, StandardCharsets.UTF_8));
            int exit = Main.run(strings(arguments));
            return new Outcome(exit, text(caughtOut), text(caughtErr));
        } finally {
            System.setOut(out);
            System.setErr(err);
        }
    }

    /** A process of its own. Its standard error goes to {@code log}. */
    static Process start(Path log, List<String> jvmOptions, Object... arguments) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        // For seconds of work, of which PyTorch does most: the second compiler would cost more than it gains.
        command.add("-XX:TieredStopAtLevel=1");
        command.addAll(jvmOptions);
        for (String property : List.of("mixdq.root", "org.slf4j.simpleLogger.defaultLogLevel")) {
            command.add("-D" + property + "=" + System.getProperty(property));
        }
        String forked = System.getProperty("surefire.test.class.path");
        command.addAll(List.of("-cp", forked != null ? forked : System.getProperty("java.class.path")));
        command.add(Main.class.getName());
        command.addAll(List.of(strings(arguments)));
        return new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(log.toFile())
                .start();
    }

    /** {@code first} and then {@code more}. */
    static Object[] join(Object[] first, Object... more) {
        return Stream.concat(Arrays.stream(first), Arrays.stream(more)).toArray();
    }

    private static String[] strings(Object... arguments) {
        return Arrays.stream(arguments).map(Object::toString).toArray(String[]::new);
    }

    private static String text(ByteArrayOutputStream bytes) {
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
