package org.mixdq4j.bench.conformance;

import java.io.PrintWriter;
import java.util.Arrays;
import java.util.Locale;
import org.mixdq4j.conformance.Speeds;
import org.mixdq4j.core.exec.Executor;
import org.mixdq4j.core.exec.Executors;
import org.mixdq4j.core.exec.Network;
import org.mixdq4j.core.exec.Numerics;
import org.mixdq4j.core.exec.Session;

/** Times of pieces of networks, and what part they are of what the machine does at best. */
public final class SpeedTable {
    private final String device;
    private final Numerics numerics;
    private final int runs;
    private final PrintWriter out;

    /** @param device as for {@link Executors#named}. @param runs of each piece; the median counts */
    public SpeedTable(String device, Numerics numerics, int runs, PrintWriter out) {
        this.device = device;
        this.numerics = numerics;
        this.runs = runs;
        this.out = out;
    }

    /** Prints a line for each piece whose name holds {@code filter}. */
    public void print(String filter) {
        Ceilings ceilings = Ceilings.measure();
        line("%s", ceilings.line());
        line("%9s  %-14s %5s  %s", "ms", "rate", "share", "piece");
        for (Speeds.Speed speed : Speeds.all()) {
            if (speed.name().contains(filter)) {
                print(speed, ceilings);
            }
        }
    }

    private void print(Speeds.Speed speed, Ceilings ceilings) {
        try (Executor executor =
                        Executors.named(device, speed.graph(), speed.layers().ids(), numerics);
                Network network = executor.compile(speed.graph(), speed.weights(), speed.layers(), numerics);
                Session session = network.session()) {
            speed.inputs().forEach(session::set);
            session.run();
            double[] seconds = new double[runs];
            for (int i = 0; i < runs; i++) {
                long start = System.nanoTime();
                session.run();
                seconds[i] = (System.nanoTime() - start) * 1e-9;
            }
            Arrays.sort(seconds);
            double median = seconds[runs / 2];
            Ceilings.Rate rate = ceilings.rate(speed.operations(), speed.integers(), speed.bytes(), median);
            line("%9.3f  %-14s %4.0f%%  %s", median * 1e3, rate.text(), 100 * rate.share(), speed.name());
        }
    }

    private void line(String format, Object... values) {
        out.println(String.format(Locale.ROOT, format, values));
        out.flush();
    }
}
