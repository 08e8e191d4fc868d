package org.mixdq4j.bench.gpu;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.mixdq4j.core.lower.Lowering;
import org.mixdq4j.core.lower.Program;
import org.mixdq4j.core.lower.describe.ProgramTable;
import org.mixdq4j.core.lower.describe.StepLine;
import org.mixdq4j.core.lower.weights.StoredLayers;
import org.mixdq4j.cuda.device.DeviceInfo;
import org.mixdq4j.cuda.program.CudaTarget;
import org.mixdq4j.cuda.program.StepLaunches;

/** What a network that is timed is launched as, without a GPU: steps of one kind and the same kernels are one line. */
final class LaunchTable {
    private static final double GIGA = 1e-9;
    private static final double MEGA = 1e-6;
    /** Operations that take about as long as a byte of memory, on GPUs with tensor cores. */
    private static final double OPERATIONS_A_BYTE = 200;

    /**
     * Steps that look alike.
     *
     * @param operations multiplications and additions of products and attention
     * @param bytes of values, weights apart
     */
    private record Sum(int steps, int launches, double operations, double bytes) {
        Sum plus(Sum other) {
            return new Sum(
                    steps + other.steps, launches + other.launches, operations + other.operations, bytes + other.bytes);
        }

        double weight() {
            return operations / OPERATIONS_A_BYTE + bytes;
        }
    }

    private LaunchTable() {}

    static List<String> lines(NetworkBench bench, DeviceInfo info) {
        NetworkBench.Parts parts = bench.parts();
        StoredLayers layers = new StoredLayers(parts.weights(), parts.layers());
        layers.check(parts.graph());
        Program program = Lowering.lower(parts.graph(), layers::form, parts.steady(), new CudaTarget(bench.floats()));
        List<StepLine> steps = ProgramTable.of(program).steps();
        List<StepLaunches> launches = StepLaunches.of(program, layers, info);
        Map<String, Sum> sums = new LinkedHashMap<>();
        for (int i = 0; i < steps.size(); i++) {
            StepLine step = steps.get(i);
            String kernels = launches.get(i).launches().stream()
                    .map(launch -> launch.kernel().entry())
                    .distinct()
                    .collect(Collectors.joining(", "));
            String what = (step.steady() ? "once a text: " : "") + step.family() + ": " + kernels;
            int count = launches.get(i).launches().size();
            sums.merge(what, new Sum(1, count, 2.0 * step.multiplications(), step.bytes()), Sum::plus);
        }
        List<String> lines = new ArrayList<>();
        lines.add(String.format(
                Locale.ROOT,
                "%s on %s: %d launches, %d MiB between steps",
                bench.name(),
                info.name(),
                sums.values().stream().mapToInt(Sum::launches).sum(),
                program.arenaBytes() >> 20));
        lines.add("  launches    GFLOP       MB");
        sums.entrySet().stream()
                .sorted(Map.Entry.comparingByValue(
                        Comparator.comparingDouble(Sum::weight).reversed()))
                .forEach(entry -> lines.add(String.format(
                        Locale.ROOT,
                        "  %8d %8.1f %8.1f  %s",
                        entry.getValue().launches(),
                        entry.getValue().operations() * GIGA,
                        entry.getValue().bytes() * MEGA,
                        entry.getKey())));
        return lines;
    }
}
