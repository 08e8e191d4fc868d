package org.mixdq4j.bench.step;

import java.io.PrintWriter;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.mixdq4j.bench.conformance.Ceilings;
import org.mixdq4j.core.exec.ProgramNetwork;
import org.mixdq4j.core.exec.Session;
import org.mixdq4j.core.lower.describe.ProgramTable;
import org.mixdq4j.core.lower.describe.StepLine;
import org.mixdq4j.core.lower.session.StepClock;

/** Where the time of a network's run goes, step by step. What only steady inputs decide is not run again, and not counted. */
public record TimeBudget(List<Timed> steps) {
    /** Sizes that are printed. */
    private static final int SIZES = 40;

    /** A step and the seconds of a run. */
    public record Timed(StepLine line, double seconds) {
        String size() {
            return line.kind() + ": " + line.reads() + " -> " + line.writes()
                    + (line.with().isEmpty() ? "" : " with " + line.with());
        }
    }

    private record Sum(String name, int steps, double seconds, long multiplications, long bytes) {
        static Sum of(String name, List<Timed> steps) {
            return new Sum(
                    name,
                    steps.size(),
                    steps.stream().mapToDouble(Timed::seconds).sum(),
                    steps.stream()
                            .mapToLong(step -> step.line().multiplications())
                            .sum(),
                    steps.stream().mapToLong(step -> step.line().bytes()).sum());
        }
    }

    /** Runs a session whose inputs are set. @param runs of which the mean is taken, after one that is not counted */
    static TimeBudget measure(ProgramNetwork network, Session session, int runs) {
        StepClock clock = new StepClock(network.program().steps().size());
        network.time(clock);
        session.run();
        clock.clear();
        for (int i = 0; i < runs; i++) {
            session.run();
        }
        network.time(null);
        List<StepLine> lines = ProgramTable.of(network.program()).steps();
        return new TimeBudget(IntStream.range(0, lines.size())
                .filter(step -> clock.runs(step) > 0)
                .mapToObj(step -> new Timed(lines.get(step), clock.seconds(step)))
                .toList());
    }

    /** Prints the kinds, then the sizes that take the most. */
    public void print(PrintWriter out, Ceilings ceilings) {
        double total = steps.stream().mapToDouble(Timed::seconds).sum();
        line(out, "%s", ceilings.line());
        line(out, "%6s %9s %5s  %-12s %7s  %s", "steps", "ms", "", "rate", "of best", "");
        line(out, "%6d %9.2f %4.0f%%", steps.size(), total * 1e3, 100.0);
        sums(step -> step.line().family()).forEach(sum -> print(out, sum, total, ceilings));
        sums(Timed::size).stream().limit(SIZES).forEach(sum -> print(out, sum, total, ceilings));
    }

    private List<Sum> sums(Function<Timed, String> name) {
        Map<String, List<Timed>> groups =
                steps.stream().collect(Collectors.groupingBy(name, LinkedHashMap::new, Collectors.toList()));
        return groups.entrySet().stream()
                .map(group -> Sum.of(group.getKey(), group.getValue()))
                .sorted(Comparator.comparingDouble(Sum::seconds).reversed())
                .toList();
    }

    private static void print(PrintWriter out, Sum sum, double total, Ceilings ceilings) {
        Ceilings.Rate rate =
                ceilings.rate(2.0 * sum.multiplications(), sum.name().contains("INT8"), sum.bytes(), sum.seconds());
        line(
                out,
                "%6d %9.2f %4.0f%%  %-12s %6.0f%%  %s",
                sum.steps(),
                sum.seconds() * 1e3,
                100 * sum.seconds() / total,
                rate.text(),
                100 * rate.share(),
                sum.name());
    }

    private static void line(PrintWriter out, String format, Object... values) {
        out.println(String.format(Locale.ROOT, format, values));
        out.flush();
    }
}
