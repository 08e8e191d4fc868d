package org.mixdq4j.cpu;

import org.mixdq4j.conformance.ExecutorConformance;
import org.mixdq4j.core.exec.Executor;
import org.mixdq4j.core.exec.Numerics;

class CpuConformanceTest extends ExecutorConformance {
    CpuConformanceTest() {
        super(Numerics.INTEGER);
    }

    @Override
    protected Executor create() {
        return new CpuExecutorProvider().create();
    }
}
