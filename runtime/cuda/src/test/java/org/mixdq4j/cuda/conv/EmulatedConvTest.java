package org.mixdq4j.cuda.conv;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.cuda.OneStep;
import org.mixdq4j.cuda.ProductCase;
import org.mixdq4j.cuda.device.DeviceInfo;
import org.mixdq4j.cuda.device.Kernel;
import org.mixdq4j.cuda.emulated.EmulatedDevice;
import org.mixdq4j.cuda.emulated.EmulatedKernels;

/** Convolutions whose products several blocks share, by the kernels' own source: in a cluster, and through memory. */
class EmulatedConvTest extends EmulatedKernels {
    private static final DeviceInfo AMPERE =
            new DeviceInfo("emulated as sm_80", 8, 0, 108, OneStep.AMPERE.sharedBytes(), 40L << 20);
    private static final DeviceInfo BLACKWELL =
            new DeviceInfo("emulated as sm_100", 10, 0, 148, OneStep.HOPPER.sharedBytes(), 126L << 20);

    private static Kernel sameBits(ProductCase one, DeviceInfo info) {
        try (EmulatedDevice emulated = new EmulatedDevice(folder, info)) {
            one.add(DType.F32).to(DType.F32).toLevels(100, 8);
            OneStep step = OneStep.run(
                    one.step(), one.inputs(), one.weights(), one.quantized(), emulated, List.of(new ConvFamily()));
            for (String out : List.of("out", "out1")) {
                assertThat(step.found().get(out).buffer())
                        .as(info.name())
                        .isEqualTo(step.wanted().get(out).buffer());
            }
            return step.planned().get(step.planned().size() - 1).kernel();
        }
    }

    private static ProductCase two() {
        Conv2d op = new Conv2d(160, 80, 3, 3, 1, Conv2d.Padding.same(1), true);
        return new ProductCase(op, Shape.of(1, 6, 5, 160), 8)
                .cut(64)
                .zeroPoints(37, 201)
                .levels();
    }

    @Test
    void inAClusterOfBlocks() {
        Kernel kernel = sameBits(two(), BLACKWELL);
        assertThat(kernel.number("CLUSTER")).isGreaterThan(1);
        assertThat(kernel.number("SEGMENTS")).isEqualTo(2);
    }

    @Test
    void throughMemory() {
        Kernel kernel = sameBits(two(), AMPERE);
        assertThat(kernel.number("CLUSTER")).isEqualTo(1);
        assertThat(kernel.number("SPLITS")).isGreaterThan(1);
    }

    @Test
    void byWgmma() {
        Conv2d op = new Conv2d(96, 80, 3, 3, 2, new Conv2d.Padding(0, 1, 0, 1), true);
        Kernel kernel = sameBits(
                new ProductCase(op, Shape.of(2, 7, 9, 96), 21).zeroPoints(77).levels(), OneStep.HOPPER);
        assertThat(kernel.entry()).isEqualTo("convWgmma");
        assertThat(kernel.number("STRIDE")).isEqualTo(2);
    }

    @Test
    void byWgmmaInAClusterOfBlocks() {
        Kernel kernel = sameBits(two(), OneStep.HOPPER);
        assertThat(kernel.entry()).isEqualTo("convWgmma");
        assertThat(kernel.number("SPLITS")).isGreaterThan(1);
    }

    @Test
    void bothInputsOfManyTilesByWgmma() {
        Conv2d op = new Conv2d(64, 64, 3, 3, 1, Conv2d.Padding.same(1), true);
        Kernel kernel = sameBits(
                new ProductCase(op, Shape.of(18, 33, 18, 64), 22)
                        .cut(32)
                        .zeroPoints(1, 200)
                        .levels(),
                OneStep.HOPPER);
        assertThat(kernel.entry()).isEqualTo("convWgmma");
        assertThat(kernel.number("SPLITS")).isEqualTo(1);
        assertThat(kernel.number("BK")).isEqualTo(64);
    }

    @Test
    void halvesByWgmma() {
        try (EmulatedDevice emulated = new EmulatedDevice(folder, OneStep.HOPPER)) {
            Conv2d op = new Conv2d(40, 48, 3, 3, 1, Conv2d.Padding.same(1), true);
            ProductCase one = new ProductCase(op, Shape.of(2, 9, 7, 40), 30).floats(DType.BF16, DType.BF16);
            one.to(DType.F32);
            OneStep step = OneStep.run(
                    one.step(), one.inputs(), one.weights(), one.quantized(), emulated, List.of(new ConvFamily()));
            assertThat(step.planned().get(0).kernel().entry()).isEqualTo("convWgmma");
            assertThat(step.error("out")).isLessThan(2e-6);
        }
    }
}
