package org.mixdq4j.core.artifact.plan;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Where the files that belong to a plan of weights lie: all beside it and named after it. */
public final class PlanPaths {
    private static final String ACTIVATIONS = ".acts";
    private static final String CANDIDATES = ".candidates";
    private static final String SUMMARY = ".summary.json";

    private PlanPaths() {}

    /** The plan of activations: {@code plan.acts.yaml} by {@code plan.yaml}. */
    public static Path activations(Path weights) {
        return weights.resolveSibling(stem(weights) + ACTIVATIONS + ".yaml");
    }

    /** The folder of other plans to choose among: {@code plan.candidates}. */
    public static Path candidates(Path weights) {
        return weights.resolveSibling(stem(weights) + CANDIDATES);
    }

    /** The summary: {@code plan.summary.json}. */
    public static Path summary(Path weights) {
        return weights.resolveSibling(stem(weights) + SUMMARY);
    }

    /**
     * The summary that speaks of a plan, be it one of weights, one of activations or a candidate; if there is none, where
     * it would lie.
     */
    public static Path summaryOf(Path plan) {
        Path folder = plan.toAbsolutePath().getParent();
        String name = folder.getFileName() == null ? "" : folder.getFileName().toString();
        Path own = summary(plan);
        return Stream.of(
                        own,
                        plan.resolveSibling(without(stem(plan), ACTIVATIONS) + SUMMARY),
                        name.endsWith(CANDIDATES) ? folder.resolveSibling(without(name, CANDIDATES) + SUMMARY) : own)
                .filter(Files::exists)
                .findFirst()
                .orElse(own);
    }

    private static String stem(Path plan) {
        return plan.getFileName().toString().replaceFirst("\\.ya?ml$", "");
    }

    private static String without(String name, String ending) {
        return name.endsWith(ending) ? name.substring(0, name.length() - ending.length()) : name;
    }
}
