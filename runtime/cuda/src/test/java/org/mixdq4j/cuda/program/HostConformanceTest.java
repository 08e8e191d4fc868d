package org.mixdq4j.cuda.program;

import org.junit.jupiter.api.Nested;
import org.mixdq4j.conformance.Case;
import org.mixdq4j.conformance.ExecutorConformance;
import org.mixdq4j.core.exec.Arithmetic;
import org.mixdq4j.core.exec.Executor;
import org.mixdq4j.core.exec.FloatType;
import org.mixdq4j.core.exec.Numerics;
import org.mixdq4j.cuda.OneStep;
import org.mixdq4j.cuda.device.DeviceInfo;
import org.mixdq4j.cuda.device.host.HostDevice;

/** Everything that executors must do, by twins of the kernels that would do it. */
class HostConformanceTest {
    /** As on a Hopper GPU, in FP32. */
    @Nested
    class InFp32 extends OnHost {
        InFp32() {
            super(FloatType.F32, OneStep.HOPPER);
        }
    }

    /** As on a Hopper GPU, in FP16. */
    @Nested
    class InFp16 extends OnHost {
        InFp16() {
            super(FloatType.F16, OneStep.HOPPER);
        }
    }

    /** As on an Ampere GPU, in BF16. */
    @Nested
    class InBf16 extends OnHost {
        InBf16() {
            super(FloatType.BF16, OneStep.AMPERE);
        }
    }

    abstract static class OnHost extends ExecutorConformance {
        private static final int LARGE = 50;

        private final FloatType floats;
        private final DeviceInfo info;

        OnHost(FloatType floats, DeviceInfo info) {
            super(new Numerics(floats, Arithmetic.INTEGER));
            this.floats = floats;
            this.info = info;
        }

        /** In one type all of them, in the others one of seven. */
        @Override
        protected boolean wants(Case test) {
            return floats == FloatType.F16
                    || "all".equals(System.getProperty("mixdq.kernels"))
                    || test.graph().nodes().size() < LARGE
                            && Math.floorMod(test.name().hashCode(), 7) == 0;
        }

        @Override
        protected Executor create() {
            return new CudaExecutor(new HostDevice(info, Families.twins()));
        }
    }
}
