package org.mixdq4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every command tells how it is used. */
class HelpTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "demo",
                "calibrate",
                "sensitivity",
                "allocate",
                "ptq",
                "infer",
                "evaluate",
                "report",
                "info",
                "doctor",
                "parity"
            })
    void helpOf(String command) {
        Mixdq.Outcome help = Mixdq.run(command, "--help").succeeds();
        assertThat(help.err()).isEmpty();
        assertThat(help.out()).startsWith("Usage: mixdq " + command).contains("Example");
        // An example that is broken over two lines cannot be copied.
        help.out().lines().filter(line -> line.startsWith("  mixdq ")).forEach(line -> assertThat(line)
                .hasSizeLessThan(100));
        assertThat(help.out().lines().filter(line -> line.startsWith("--"))).isEmpty();
    }
}
