package org.mixdq4j.cuda.emulated;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.mixdq4j.conformance.ExecutorConformance;
import org.mixdq4j.core.exec.Arithmetic;
import org.mixdq4j.core.exec.Executor;
import org.mixdq4j.core.exec.FloatType;
import org.mixdq4j.core.exec.Numerics;
import org.mixdq4j.cuda.program.CudaExecutor;

/** Everything that executors must do, by the kernels' own source on the CPU. */
class EmulatedConformanceTest extends ExecutorConformance {
    @TempDir
    static Path folder;

    EmulatedConformanceTest() {
        super(new Numerics(FloatType.F16, Arithmetic.INTEGER));
    }

    @BeforeAll
    static void compiler() {
        assumeTrue(EmulatedDevice.available(), "there is no g++ to compile kernels with");
    }

    @Override
    protected Executor create() {
        return new CudaExecutor(new EmulatedDevice(folder));
    }
}
