package org.mixdq4j.cuda.device.compile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.mixdq4j.cuda.device.Kernel;

/**
 * What the planner may choose compiles, without spilled registers, and C lays arguments out as Java does. One kernel of each
 * file by default; with {@code -Dmixdq.kernels=all} all of them for every architecture, which takes many minutes.
 */
class KernelsCompileTest {
    private static final List<String> ARCHITECTURES = List.of("sm_80", "sm_86", "sm_89", "sm_90", "sm_100", "sm_120");
    /** wgmma is Hopper's alone. */
    private static final String SPECIFIC = "sm_90a";

    private record Case(Kernel kernel, String architecture) {}

    @Test
    void allThatMayBeLaunchedCompiles() throws InterruptedException, ExecutionException {
        Nvcc nvcc = Nvcc.find().orElse(null);
        if (nvcc == null) {
            abort("There is no nvcc on PATH or in /usr/local/cuda/bin: no kernel was compiled.");
        }
        boolean all = "all".equals(System.getProperty("mixdq.kernels"));
        List<Case> cases = cases(all, System.getProperty("mixdq.kernels.file", ""));
        assertThat(cases).isNotEmpty();
        ExecutorService pool = Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors());
        List<String> wrong = new ArrayList<>();
        try {
            Map<Case, Future<String>> results = new LinkedHashMap<>();
            for (Case one : cases) {
                results.put(
                        one,
                        pool.submit(() -> nvcc.trouble(
                                KernelSource.of(one.kernel()),
                                KernelSource.options(one.kernel(), one.architecture()))));
            }
            for (Map.Entry<Case, Future<String>> result : results.entrySet()) {
                if (!result.getValue().get().isEmpty()) {
                    Case one = result.getKey();
                    wrong.add(one.kernel() + " for " + one.architecture() + ": "
                            + result.getValue().get());
                }
            }
        } finally {
            pool.shutdownNow();
        }
        assertThat(wrong)
                .as("of " + cases.size() + " kernels and architectures")
                .isEmpty();
    }

    /** @param file only kernels of this one, if not empty */
    private static List<Case> cases(boolean all, String file) {
        Map<String, Case> cases = new TreeMap<>();
        for (Kernel kernel : KernelVariants.all()) {
            if (!kernel.file().startsWith(file)) {
                continue;
            }
            for (String architecture : kernel.specific() ? List.of(SPECIFIC) : ARCHITECTURES) {
                boolean compiles = all || kernel.specific() || architecture.equals(ARCHITECTURES.get(0));
                if (compiles && KernelVariants.fits(kernel, architecture)) {
                    String key = all ? kernel.file() + kernel + architecture : kernel.file();
                    cases.putIfAbsent(key, new Case(kernel, architecture));
                }
            }
        }
        return List.copyOf(cases.values());
    }
}
