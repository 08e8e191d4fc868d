package org.mixdq4j.cli.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** What progress says, by a clock that the test moves. */
class ProgressLineTest {
    private final ByteArrayOutputStream written = new ByteArrayOutputStream();
    private long seconds = 1000;

    private ProgressLine line(boolean terminal) {
        PrintStream out = new PrintStream(written, true, StandardCharsets.UTF_8);
        return new ProgressLine(out, terminal, () -> seconds * 1_000_000_000L);
    }

    private String said() {
        String said = written.toString(StandardCharsets.UTF_8);
        written.reset();
        return said;
    }

    @Test
    void everyQuarterWhereNobodyWatches() {
        ProgressLine line = line(false);
        line.begin("measuring", 100);
        assertThat(said()).isEqualTo("measuring: 100\n");
        seconds += 10;
        line.at(24);
        assertThat(said()).isEmpty();
        line.at(25);
        assertThat(said()).isEqualTo("measuring [######------------------] 25/100  2.5/s  0:30 left\n");
        line.at(30);
        seconds += 10;
        line.at(50);
        assertThat(said()).isEqualTo("measuring [############------------] 50/100  2.5/s  0:20 left\n");
        line.at(100);
        line.end();
        assertThat(said()).isEqualTo("measuring: done in 20.0 s\n");
    }

    @Test
    void whatAnEarlierRunDidMakesThisOneNoFaster() {
        ProgressLine line = line(false);
        line.resume("measuring", 100, 60);
        assertThat(said()).isEqualTo("measuring: 100, 60 of them done before\n");
        seconds += 10;
        line.at(70);
        assertThat(said()).isEmpty();
        seconds += 5;
        line.at(75);
        // Fifteen in fifteen seconds, not seventy-five.
        assertThat(said()).isEqualTo("measuring [##################------] 75/100  1.0/s  0:25 left\n");
    }

    @Test
    void redrawsOneLineWhereSomeoneWatches() {
        ProgressLine line = line(true);
        line.resume("measuring", 8, 4);
        assertThat(said()).isEmpty();
        line.at(4);
        assertThat(said()).isEqualTo("\rmeasuring [############------------] 4/8  0.0/s  0:00 left\u001b[K");
        seconds += 2;
        line.at(5);
        assertThat(said()).isEqualTo("\rmeasuring [###############---------] 5/8  0.5/s  0:06 left\u001b[K");
        line.end();
        assertThat(said()).isEqualTo("\rmeasuring: done in 2.0 s\u001b[K\n");
    }
}
