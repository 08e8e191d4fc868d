package org.mixdq4j.torch;

import org.mixdq4j.conformance.ExecutorConformance;
import org.mixdq4j.core.exec.Executor;
import org.mixdq4j.core.exec.Numerics;

class TorchConformanceTest extends ExecutorConformance {
    TorchConformanceTest() {
        super(Numerics.SIMULATED);
    }

    @Override
    protected Executor create() {
        return new TorchProvider().create();
    }
}
