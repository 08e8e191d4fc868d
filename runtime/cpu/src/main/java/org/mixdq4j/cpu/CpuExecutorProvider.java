package org.mixdq4j.cpu;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.exec.Arithmetic;
import org.mixdq4j.core.exec.Executor;
import org.mixdq4j.core.exec.ExecutorProvider;
import org.mixdq4j.core.exec.FloatType;
import org.mixdq4j.core.exec.Numerics;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.lower.Target;
import org.mixdq4j.cpu.onednn.OneDnn;
import org.mixdq4j.cpu.program.KernelCheck;
import org.mixdq4j.cpu.program.ProgramExecutor;

/** Offers the CPU executor. Asking whether it is available loads oneDNN; making a provider does not. */
public final class CpuExecutorProvider implements ExecutorProvider {
    @Override
    public String name() {
        return "cpu";
    }

    @Override
    public int rank() {
        return 10;
    }

    @Override
    public Optional<String> unavailable() {
        try {
            OneDnn.get();
            return Optional.empty();
        } catch (MixdqException e) {
            return Optional.of(e.getMessage());
        }
    }

    @Override
    public Optional<String> refuses(Graph graph, Set<String> quantized, Numerics numerics) {
        if (numerics.floats() != FloatType.F32) {
            return Optional.of("it computes floats in FP32 only, not in " + numerics.floats() + ": ask for F32.");
        }
        return numerics.arithmetic() == Arithmetic.SIMULATED && !quantized.isEmpty()
                ? Optional.of("it multiplies integers and does not simulate them: take the executor 'torch'.")
                : Optional.empty();
    }

    @Override
    public Optional<Target> target() {
        return Optional.of(ProgramExecutor.target());
    }

    @Override
    public List<String> describe() {
        List<String> lines = new ArrayList<>();
        InstructionSets cpu = InstructionSets.read();
        lines.add(cpu.processor() + ", instruction sets: "
                + (cpu.relevant().isEmpty() ? "none of interest" : String.join(" ", cpu.relevant())));
        lines.add(unavailable().map(reason -> "unavailable: " + reason).orElseGet(CpuExecutorProvider::oneDnn));
        if (!"PASSIVE".equalsIgnoreCase(System.getenv("OMP_WAIT_POLICY"))) {
            lines.add("OMP_WAIT_POLICY is not PASSIVE: idle threads of one library may slow down those of another");
        }
        return lines;
    }

    private static String oneDnn() {
        try {
            OneDnn library = OneDnn.get();
            List<String> slow = KernelCheck.slow();
            return "oneDNN " + library.version() + " using " + library.isa() + ", 8-bit products "
                    + (library.vnni() ? "in hardware (VNNI)" : "without VNNI")
                    + (slow.isEmpty()
                            ? ""
                            : "; no fast integer kernels for " + String.join(" and ", slow)
                                    + ", which are exact but slow");
        } catch (MixdqException e) {
            return "no integer kernels: " + e.getMessage();
        }
    }

    @Override
    public Executor create() {
        unavailable().ifPresent(reason -> {
            throw new MixdqException("The executor 'cpu' cannot run here: " + reason);
        });
        return new ProgramExecutor();
    }
}
