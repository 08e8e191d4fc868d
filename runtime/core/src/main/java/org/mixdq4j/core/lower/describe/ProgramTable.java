package org.mixdq4j.core.lower.describe;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.mixdq4j.core.lower.Program;

/**
 * A program as a table: its steps, runs of steps that repeat told once, and sums by kind.
 *
 * @param steps all of them
 * @param blocks the same steps in runs
 * @param kinds sums by kind of step, the most work first
 */
public record ProgramTable(List<StepLine> steps, List<Block> blocks, Map<String, Sum> kinds) {
    /** Longest run of steps that is looked for as a repetition. */
    private static final int LONGEST = 80;

    /**
     * Steps that follow each other.
     *
     * @param times how often, one time behind the other
     * @param steps of the first time
     */
    public record Block(int times, List<StepLine> steps) {}

    /** Of several steps. */
    public record Sum(int steps, long multiplications, long bytes) {
        Sum plus(StepLine line) {
            return new Sum(steps + 1, multiplications + line.multiplications(), bytes + line.bytes());
        }
    }

    public static ProgramTable of(Program program) {
        BitSet steady = program.steadySteps();
        List<StepLine> lines = new ArrayList<>();
        for (int i = 0; i < program.steps().size(); i++) {
            lines.add(StepLine.of(program.steps().get(i), steady.get(i)));
        }
        Map<String, Sum> sums = new LinkedHashMap<>();
        lines.forEach(line -> sums.merge(line.family(), new Sum(0, 0, 0).plus(line), (sum, one) -> sum.plus(line)));
        Map<String, Sum> sorted = new LinkedHashMap<>();
        sums.entrySet().stream()
                .sorted(Map.Entry.<String, Sum>comparingByValue(
                                (a, b) -> Long.compare(a.multiplications(), b.multiplications()))
                        .thenComparing(Map.Entry.comparingByValue((a, b) -> Long.compare(a.bytes(), b.bytes())))
                        .reversed())
                .forEach(entry -> sorted.put(entry.getKey(), entry.getValue()));
        return new ProgramTable(List.copyOf(lines), blocks(lines), sorted);
    }

    /** Sums over all steps. */
    public Sum total() {
        Sum total = new Sum(0, 0, 0);
        for (StepLine line : steps) {
            total = total.plus(line);
        }
        return total;
    }

    /** Steps in runs, as few lines as can be. */
    public static List<Block> blocks(List<StepLine> lines) {
        List<StepLine> keys = lines.stream().map(StepLine::withoutId).toList();
        List<Block> blocks = new ArrayList<>();
        List<StepLine> single = new ArrayList<>();
        int at = 0;
        while (at < lines.size()) {
            int length = 1;
            int times = 1;
            for (int candidate = 1; candidate <= LONGEST; candidate++) {
                int found = times(keys, at, candidate);
                // Of two ways to tell as many steps, the shorter.
                if (found > 1 && found * candidate > length * times) {
                    length = candidate;
                    times = found;
                }
            }
            if (times == 1) {
                single.add(lines.get(at));
                at++;
                continue;
            }
            if (!single.isEmpty()) {
                blocks.add(new Block(1, List.copyOf(single)));
                single.clear();
            }
            blocks.add(new Block(times, List.copyOf(lines.subList(at, at + length))));
            at += times * length;
        }
        if (!single.isEmpty()) {
            blocks.add(new Block(1, List.copyOf(single)));
        }
        return List.copyOf(blocks);
    }

    /** How often the {@code length} lines from {@code at} on follow each other. */
    private static int times(List<StepLine> keys, int at, int length) {
        int times = 1;
        int end = at + length;
        while (end + length <= keys.size() && keys.subList(end, end + length).equals(keys.subList(at, at + length))) {
            times++;
            end += length;
        }
        return end <= keys.size() ? times : 1;
    }
}
