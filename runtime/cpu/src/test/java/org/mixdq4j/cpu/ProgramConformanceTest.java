package org.mixdq4j.cpu;

import java.util.Optional;
import java.util.function.IntFunction;
import org.mixdq4j.conformance.ExecutorConformance;
import org.mixdq4j.core.exec.Executor;
import org.mixdq4j.core.exec.Numerics;
import org.mixdq4j.cpu.onednn.OpenMp;
import org.mixdq4j.cpu.program.ProgramExecutor;

class ProgramConformanceTest extends ExecutorConformance {
    ProgramConformanceTest() {
        super(Numerics.INTEGER);
    }

    @Override
    protected Executor create() {
        return new ProgramExecutor();
    }

    @Override
    protected Optional<IntFunction<Runnable>> threads() {
        return Optional.of(count -> {
            int before = OpenMp.use(count);
            return () -> OpenMp.use(before);
        });
    }
}
