package org.mixdq4j.sensitivity.run;

import java.util.OptionalInt;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;

/** How many shares to work on at once. */
final class Threads {
    private Threads() {}

    /**
     * As many as asked for; else one a core, but no more than can record all values of a unit within the budget: a thread
     * that has to compute values again wins less than it costs, and each operation divides its work among the cores anyway.
     *
     * @param rows of a unit
     * @param budgetBytes for recorded values
     */
    static int of(OptionalInt asked, Graph graph, int rows, long budgetBytes) {
        if (asked.isPresent()) {
            return asked.getAsInt();
        }
        long bytes = rows
                * graph.nodes().stream()
                        .map(Node::shape)
                        .mapToLong(shape -> shape.elements() * Float.BYTES)
                        .sum();
        long recordings = budgetBytes / Math.max(1, bytes);
        return (int) Math.max(1, Math.min(recordings, Runtime.getRuntime().availableProcessors()));
    }
}
