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
        line(
                "Ceilings: %.2f TOP/s integers, %.3f TOP/s FP32, %.1f GB/s memory",
                ceilings.integers() * 1e-12, ceilings.floats() * 1e-12, ceilings.memory() * 1e-9);
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
            boolean computes = speed.operations() > 0;
            double rate = (computes ? speed.operations() : speed.bytes()) / median;
            double ceiling =
                    computes ? (speed.integers() ? ceilings.integers() : ceilings.floats()) : ceilings.memory();
            String text = computes ? "%.3f TOP/s".formatted(rate * 1e-12) : "%.1f GB/s".formatted(rate * 1e-9);
            line("%9.3f  %-14s %4.0f%%  %s", median * 1e3, text, 100 * rate / ceiling, speed.name());
        }
    }

    private void line(String format, Object... values) {
        out.println(String.format(Locale.ROOT, format, values));
        out.flush();
    }
}
