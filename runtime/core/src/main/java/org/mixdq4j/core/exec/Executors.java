package org.mixdq4j.core.exec;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.ServiceLoader;
import java.util.stream.Collectors;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.error.UsageException;

/** The executors on the class path. */
public final class Executors {
    private Executors() {}

    /** All of them, the preferred first. */
    public static List<ExecutorProvider> providers() {
        List<ExecutorProvider> found = new ArrayList<>();
        ServiceLoader.load(ExecutorProvider.class).forEach(found::add);
        found.sort(Comparator.comparingInt(ExecutorProvider::rank).reversed());
        return found;
    }

    /** The best executor that can run here. */
    public static Executor best() {
        for (ExecutorProvider provider : providers()) {
            if (provider.unavailable().isEmpty()) {
                return provider.create();
            }
        }
        throw new MixdqException("No executor can run on this machine: "
                + providers().stream()
                        .map(p -> p.name() + ": " + p.unavailable().orElse(""))
                        .collect(Collectors.joining("; "))
                + ". Run 'mixdq doctor' for details.");
    }

    /** The executor called {@code name}. */
    public static Executor named(String name) {
        for (ExecutorProvider provider : providers()) {
            if (provider.name().equals(name)) {
                provider.unavailable().ifPresent(reason -> {
                    throw new MixdqException("The executor '" + name + "' cannot run here: " + reason);
                });
                return provider.create();
            }
        }
        throw new UsageException("There is no executor '" + name + "'; known are "
                + providers().stream().map(ExecutorProvider::name).collect(Collectors.joining(", ")) + ".");
    }
}
