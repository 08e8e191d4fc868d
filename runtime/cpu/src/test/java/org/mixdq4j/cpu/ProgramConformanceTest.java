package org.mixdq4j.cpu;

import org.mixdq4j.conformance.ExecutorConformance;
import org.mixdq4j.core.exec.Executor;
import org.mixdq4j.core.exec.Numerics;
import org.mixdq4j.cpu.program.ProgramExecutor;

class ProgramConformanceTest extends ExecutorConformance {
    ProgramConformanceTest() {
        super(Numerics.INTEGER);
    }

    @Override
    protected Executor create() {
        return new ProgramExecutor();
    }
}
