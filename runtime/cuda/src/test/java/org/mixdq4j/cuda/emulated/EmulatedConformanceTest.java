package org.mixdq4j.cuda.emulated;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.io.TempDir;
import org.mixdq4j.conformance.Case;
import org.mixdq4j.conformance.ExecutorConformance;
import org.mixdq4j.core.exec.Arithmetic;
import org.mixdq4j.core.exec.Executor;
import org.mixdq4j.core.exec.FloatType;
import org.mixdq4j.core.exec.Numerics;
import org.mixdq4j.cuda.program.CudaExecutor;

/**
 * What executors must do, by the kernels' own source on the CPU: a sample, because each kernel has to be compiled, or everything
 * with {@code -Dmixdq.kernels=all} (minutes).
 */
class EmulatedConformanceTest extends ExecutorConformance {
    private static final int ONE_OF = 37;
    /** Nodes of what is one layer. */
    private static final int FEW = 4;

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
    protected boolean wants(Case test) {
        return all()
                || test.graph().nodes().size() < FEW
                        && Math.floorMod(test.name().hashCode(), ONE_OF) == 0;
    }

    @Override
    protected Stream<DynamicTest> sideBySide() {
        return all() ? super.sideBySide() : Stream.empty();
    }

    private static boolean all() {
        return "all".equals(System.getProperty("mixdq.kernels"));
    }

    @Override
    protected Executor create() {
        return new CudaExecutor(new EmulatedDevice(folder));
    }
}
