package org.mixdq4j.cuda.device.compile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.mixdq4j.cuda.device.DeviceInfo;
import org.mixdq4j.cuda.device.Kernel;
import org.mixdq4j.cuda.program.FullSizeKernels;

/**
 * What the planner may choose compiles, without spilled registers, and C lays arguments out as Java does. One kernel of each
 * file by default. With {@code -Dmixdq.kernels=all}, which takes an hour or more on few processors, for every architecture those
 * that families name and those that networks of full size launch; {@code mixdq.kernels.architecture} and
 * {@code mixdq.kernels.file} say which of them (how their names begin), {@code mixdq.kernels.threads} how many at once, and
 * {@code mixdq.kernels.log} where what passed is kept, so that a second run leaves it out.
 */
class KernelsCompileTest {
    /** As cards say of themselves: A100, RTX 3090, RTX 4090, H100, B200, RTX 5090. */
    private static final List<DeviceInfo> DEVICES = List.of(
            new DeviceInfo("sm_80", 8, 0, 108, 166912, 40L << 20),
            new DeviceInfo("sm_86", 8, 6, 82, 101376, 6L << 20),
            new DeviceInfo("sm_89", 8, 9, 128, 101376, 72L << 20),
            new DeviceInfo("sm_90", 9, 0, 132, 232448, 60L << 20),
            new DeviceInfo("sm_100", 10, 0, 148, 232448, 126L << 20),
            new DeviceInfo("sm_120", 12, 0, 170, 101376, 96L << 20));

    private record Case(Kernel kernel, String architecture) {
        KernelSource source() {
            return KernelSource.of(kernel);
        }

        List<String> options() {
            return KernelSource.options(kernel, architecture);
        }
    }

    @Test
    void allThatMayBeLaunchedCompiles() throws InterruptedException, ExecutionException {
        Nvcc nvcc = Nvcc.find().orElse(null);
        if (nvcc == null) {
            abort("There is no nvcc on PATH or in /usr/local/cuda/bin: no kernel was compiled.");
        }
        Map<String, Case> cases = "all".equals(System.getProperty("mixdq.kernels")) ? all() : oneOfEachFile();
        assertThat(cases).isNotEmpty();
        CompileLog log = CompileLog.of(System.getProperty("mixdq.kernels.log"));
        int before = cases.size();
        cases.keySet().removeAll(log.passed());
        System.out.printf("%d kernels and architectures, %d of them known to compile%n", before, before - cases.size());
        int threads =
                Integer.getInteger("mixdq.kernels.threads", Runtime.getRuntime().availableProcessors());
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        List<String> wrong = new ArrayList<>();
        try {
            Map<Case, Future<String>> results = new LinkedHashMap<>();
            cases.forEach((key, one) -> results.put(one, pool.submit(() -> {
                String trouble = nvcc.trouble(one.source(), one.options());
                log.add(key, one.kernel() + " for " + one.architecture(), trouble);
                return trouble;
            })));
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

    /** By what a binary is made of: several kernels may be one. */
    private static Map<String, Case> all() {
        String wanted = System.getProperty("mixdq.kernels.architecture", "");
        Map<String, Case> cases = new LinkedHashMap<>();
        for (DeviceInfo info : DEVICES) {
            if (info.name().startsWith(wanted)) {
                FullSizeKernels.of(info).forEach(kernel -> add(cases, kernel, info));
                KernelVariants.all().stream()
                        .filter(kernel -> KernelVariants.fits(kernel, info))
                        .forEach(kernel -> add(cases, kernel, info));
            }
        }
        return cases;
    }

    private static void add(Map<String, Case> cases, Kernel kernel, DeviceInfo info) {
        if (kernel.file().startsWith(System.getProperty("mixdq.kernels.file", ""))) {
            Case one = new Case(kernel, info.architecture(kernel.specific()));
            cases.putIfAbsent(CubinCache.key(one.source(), one.options(), "nvcc"), one);
        }
    }

    private static Map<String, Case> oneOfEachFile() {
        Map<String, Case> cases = new LinkedHashMap<>();
        for (Kernel kernel : KernelVariants.all()) {
            // wgmma is Hopper's alone.
            DeviceInfo info = DEVICES.get(kernel.specific() ? 3 : 0);
            if (KernelVariants.fits(kernel, info)) {
                cases.putIfAbsent(kernel.file(), new Case(kernel, info.architecture(kernel.specific())));
            }
        }
        return cases;
    }
}
