package org.mixdq4j.core.exec;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.stream.Collectors;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.graph.Graph;

/** The executors on the class path. */
public final class Executors {
    /** What users give for {@link #best}. */
    public static final String AUTO = "auto";

    private static final String CPU = "cpu";

    private Executors() {}

    /** All of them, the preferred first. */
    public static List<ExecutorProvider> providers() {
        List<ExecutorProvider> found = new ArrayList<>();
        ServiceLoader.load(ExecutorProvider.class).forEach(found::add);
        found.sort(Comparator.comparingInt(ExecutorProvider::rank).reversed());
        return found;
    }

    /** The best executor that can run here and compute this. @param quantized ids of quantized layers */
    public static Executor best(Graph graph, Set<String> quantized, Numerics numerics) {
        List<String> reasons = new ArrayList<>();
        for (ExecutorProvider provider : providers()) {
            Optional<String> reason = provider.unavailable().or(() -> provider.refuses(graph, quantized, numerics));
            if (reason.isEmpty()) {
                return provider.create();
            }
            reasons.add(told(provider, reason.get()));
        }
        throw new MixdqException("No executor can run this " + graph.name() + " on this machine: "
                + String.join("; ", reasons) + ". Run 'mixdq doctor' for details.");
    }

    /**
     * The executor called {@code name}, or {@link #best} for {@link #AUTO}.
     *
     * @throws MixdqException if it cannot run here, or not compute this
     */
    public static Executor named(String name, Graph graph, Set<String> quantized, Numerics numerics) {
        if (name.equals(AUTO)) {
            return best(graph, quantized, numerics);
        }
        ExecutorProvider provider = available(name);
        provider.refuses(graph, quantized, numerics).ifPresent(reason -> {
            throw new MixdqException("The executor '" + name + "' cannot run this " + graph.name() + ": " + reason);
        });
        return provider.create();
    }

    /** The executor called {@code name}, whatever it is to compute. @throws MixdqException if it cannot run here */
    public static Executor named(String name) {
        return available(name).create();
    }

    /**
     * The one whose networks can be looked into, if {@code name} is its own, {@link #AUTO} or {@code cpu}.
     *
     * @throws UsageException for other names
     */
    public static InstrumentedExecutor instrumented(String name) {
        if (!name.equals(AUTO) && !name.equals(CPU) && !(known(name) instanceof InstrumentedProvider)) {
            throw new UsageException("The executor '" + name + "' does not show what layers read, which this command"
                    + " needs; give --device cpu, or leave it out.");
        }
        return instrumented();
    }

    /** The one whose networks can be looked into. @throws MixdqException if it cannot run here */
    public static InstrumentedExecutor instrumented() {
        List<String> reasons = new ArrayList<>();
        for (ExecutorProvider provider : providers()) {
            if (provider instanceof InstrumentedProvider instrumented) {
                if (provider.unavailable().isEmpty()) {
                    return instrumented.create();
                }
                reasons.add(told(provider, provider.unavailable().get()));
            }
        }
        throw new MixdqException("No executor that networks can be looked into with can run on this machine: "
                + (reasons.isEmpty() ? "there is none on the class path" : String.join("; ", reasons))
                + ". Run 'mixdq doctor' for details.");
    }

    /** A reason among others in one sentence: some end with a full stop, some do not. */
    private static String told(ExecutorProvider provider, String reason) {
        return provider.name() + ": " + reason.replaceFirst("\\.$", "");
    }

    private static ExecutorProvider available(String name) {
        ExecutorProvider provider = known(name);
        provider.unavailable().ifPresent(reason -> {
            throw new MixdqException("The executor '" + name + "' cannot run here: " + reason);
        });
        return provider;
    }

    private static ExecutorProvider known(String name) {
        List<ExecutorProvider> all = providers();
        return all.stream()
                .filter(provider -> provider.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new UsageException("There is no executor '" + name + "'; known are " + AUTO + ", "
                        + all.stream().map(ExecutorProvider::name).collect(Collectors.joining(", ")) + "."));
    }
}
