package org.mixdq4j.cpu;

import java.util.Map;
import org.mixdq4j.conformance.ExecutorConformance;
import org.mixdq4j.core.exec.Executor;
import org.mixdq4j.core.exec.Numerics;
import org.mixdq4j.cpu.program.ProgramExecutor;

class ProgramConformanceTest extends ExecutorConformance {
    ProgramConformanceTest() {
        super(Numerics.INTEGER);
    }

    @Override
    protected Map<String, String> faults() {
        return Map.of(
                "W8 A8 by token, first row in float: Linear to 33 of NORMAL [2, 7, 80]",
                "oneDNN has no plan for the first row where rows have scales",
                "W8 A8, first row in float, balanced: Linear to 33 of NORMAL [2, 7, 80]",
                "the first row is computed without the factors",
                "JointBlock of mixed precision",
                "layers in 4 bits with groups and without are joined",
                "Samplers of mixed precision",
                "oneDNN has no float convolution of 11 channels to 7 for weights in 8 bits");
    }

    @Override
    protected Executor create() {
        return new ProgramExecutor();
    }
}
