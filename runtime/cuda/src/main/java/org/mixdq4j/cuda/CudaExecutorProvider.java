package org.mixdq4j.cuda;

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
import org.mixdq4j.cuda.device.driver.CudaLibraries;
import org.mixdq4j.cuda.device.driver.DriverDevice;
import org.mixdq4j.cuda.device.driver.Gpu;
import org.mixdq4j.cuda.program.CudaExecutor;
import org.mixdq4j.cuda.program.CudaTarget;

/** Offers the CUDA executor. Native libraries are loaded where there is a driver, and not before that is asked. */
public final class CudaExecutorProvider implements ExecutorProvider {
    @Override
    public String name() {
        return "cuda";
    }

    /** Below the CPU's: until gpu_check has passed on a GPU, it runs for those who ask for it (docs/gpu.md). */
    @Override
    public int rank() {
        return 5;
    }

    @Override
    public Optional<String> unavailable() {
        // Without a driver no class of the bindings may be touched.
        Optional<String> missing = CudaLibraries.search().missing();
        if (missing.isPresent()) {
            return missing;
        }
        try {
            return Gpu.find().unfit();
        } catch (MixdqException e) {
            return Optional.of(e.getMessage());
        }
    }

    @Override
    public Optional<String> refuses(Graph graph, Set<String> quantized, Numerics numerics) {
        if (numerics.arithmetic() != Arithmetic.INTEGER && !quantized.isEmpty()) {
            return Optional.of("it multiplies integers and does not simulate them: pass --device torch.");
        }
        return Optional.empty();
    }

    @Override
    public Optional<Target> target() {
        return Optional.of(new CudaTarget(FloatType.F16));
    }

    @Override
    public List<String> describe() {
        return List.of(unavailable().map(reason -> "unavailable: " + reason).orElseGet(() -> Gpu.find()
                .line()));
    }

    @Override
    public Executor create() {
        unavailable().ifPresent(reason -> {
            throw new MixdqException("The executor 'cuda' cannot run here: " + reason);
        });
        return new CudaExecutor(DriverDevice.open());
    }
}
