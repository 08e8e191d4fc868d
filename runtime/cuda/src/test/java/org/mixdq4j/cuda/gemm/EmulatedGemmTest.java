package org.mixdq4j.cuda.gemm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.mixdq4j.core.lower.step.Epilogue;
import org.mixdq4j.core.quant.AffineParams;
import org.mixdq4j.core.quant.InputQuant;
import org.mixdq4j.core.quant.TokenParams;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.cuda.OneStep;
import org.mixdq4j.cuda.device.DeviceInfo;
import org.mixdq4j.cuda.emulated.EmulatedDevice;
import org.mixdq4j.cuda.emulated.EmulatedKernels;

/** The source of {@code gemm_mma.cu} and {@code float_rows.cu} on the CPU, against the interpreter. */
class EmulatedGemmTest extends EmulatedKernels {
    private static final InputQuant STATIC = new AffineParams(.02f, 131, 8);
    private static final InputQuant TOKEN = new TokenParams(8);

    private static final DeviceInfo BLACKWELL =
            new DeviceInfo("emulated as sm_100", 10, 0, 148, OneStep.HOPPER.sharedBytes(), 126L << 20);

    private static void assertSameBits(OneStep step) {
        assertThat(step.found().get("out0").toFloatArray())
                .isEqualTo(step.wanted().get("out0").toFloatArray());
    }

    @Test
    void bytesInSegmentsOfSeveralTiles() {
        Case product = new Case(31, 1, 70, 132).levels(STATIC, 80, 16).levels(STATIC, 400, 0);
        product.layer("a", 132, 8, 0, true);
        product.then(new Epilogue.Add(product.operand("residual", DType.F16, false, 132)));
        assertSameBits(product.write(DType.F32, 0, 132).run(device));
    }

    @Test
    void codesInGroupsTokenByToken() {
        Case product = new Case(32, 1, 9, 200).levels(TOKEN, 320, 0).layer("a", 200, 4, 32, true);
        assertSameBits(product.write(DType.F32, 0, 200).run(device));
        product = new Case(33, 1, 9, 72).levels(TOKEN, 320, 0).layer("a", 72, 4, 128, true);
        assertSameBits(product.write(DType.F32, 0, 72).run(device));
    }

    @Test
    void codesWithoutGroupsAndFirstTokensInFloat() {
        Case product = new Case(34, 2, 5, 132);
        product.firstRow = Optional.of(product.operand("first", DType.F16, true, 192));
        product.levels(STATIC, 192, 0);
        Optional<float[]> factors = Optional.of(product.factors(192));
        product.rotation = 64;
        product.layer("a", 64, 4, 0, true, factors).layer("b", 68, 4, 0, false, factors);
        OneStep step = product.write(DType.F32, 0, 132).run(device);
        float[] found = step.found().get("out0").toFloatArray();
        float[] wanted = step.wanted().get("out0").toFloatArray();
        for (int i = 0; i < found.length; i++) {
            if (i / 132 % 5 != 0) {
                assertThat(found[i]).isEqualTo(wanted[i]);
            }
        }
        assertThat(step.error("out0")).isCloseTo(0, within(2e-6));
    }

    @Test
    void gatesToLevels() {
        Case product = new Case(35, 1, 70, 144).levels(STATIC, 64, 0).layer("a", 144, 8, 0, true);
        product.then(new Epilogue.GeGlu()).write(DType.F16, 8, 40);
        OneStep step = product.run(device);
        assertThat(step.error("out0")).isCloseTo(0, within(1e-3));
    }

    @Test
    void halves() {
        Case product = new Case(36, 1, 70, 140).floats(DType.BF16, 72, 8).floatLayer("a", 140, true);
        OneStep step = product.write(DType.F32, 0, 140).run(device);
        assertThat(step.planned().get(0).kernel().number("ELEMENTS")).isPositive();
        assertThat(step.error("out0")).isCloseTo(0, within(2e-6));
    }

    @Test
    void rowsRoundedToHalves() {
        Case product = new Case(39, 1, 70, 140).floats(DType.F32, 72, 4).floatLayer("a", 140, true);
        OneStep step = product.write(DType.F16, 0, 140).run(device);
        assertThat(step.planned().get(0).kernel().entry()).isEqualTo("roundToHalves");
        assertThat(step.error("out0")).isCloseTo(0, within(1e-3));
    }

    @Test
    void rowsOfFloatsByIntegersOfEveryForm() {
        Case bytes = new Case(37, 5, 1, 70).floats(DType.F32, 80, 8).layer("a", 70, 8, 0, true);
        assertThat(bytes.write(DType.F32, 0, 70).run(device).error("out0")).isCloseTo(0, within(2e-6));
        Case codes = new Case(38, 2, 1, 70).floats(DType.F16, 192, 8).layer("a", 70, 4, 64, true);
        OneStep step = codes.write(DType.F32, 0, 70).run(device);
        assertThat(step.planned().get(0).kernel().entry()).isEqualTo("floatRows");
        assertThat(step.error("out0")).isCloseTo(0, within(2e-6));
    }

    /** A tile and how weights are stored. @param tile among those that no cluster shares, by name */
    private record OnHopper(int tile, int bits, int group) {}

    @Test
    void wgmmaOnHopper() {
        try (EmulatedDevice hopper = new EmulatedDevice(folder, OneStep.HOPPER)) {
            for (OnHopper one : List.of(new OnHopper(0, 8, 0), new OnHopper(2, 4, 32), new OnHopper(3, 4, 0))) {
                TileChoice choice = (candidates, size, form, info) -> candidates.stream()
                        .filter(candidate -> candidate.split() == 1)
                        .sorted(Comparator.comparing(Tile::toString))
                        .toList()
                        .get(one.tile());
                Case product =
                        new Case(40 + one.tile(), 1, 140, 132).levels(one.group() == 0 ? STATIC : TOKEN, 960, 16);
                product.layer("a", 132, one.bits(), one.group(), true).write(DType.F32, 0, 132);
                OneStep step = product.run(hopper, choice);
                assertThat(step.planned().get(0).kernel().entry()).isEqualTo("gemmWgmma");
                assertSameBits(step);
            }
        }
    }

    /** Blocks of a cluster add up their sums: with and without wgmma. */
    @Test
    void clustersAddUpTheirParts() {
        for (DeviceInfo info : List.of(OneStep.HOPPER, BLACKWELL)) {
            try (EmulatedDevice clusters = new EmulatedDevice(folder, info)) {
                for (int split : info.hopper() ? new int[] {4} : new int[] {2, 4}) {
                    TileChoice choice = (candidates, size, form, any) -> candidates.stream()
                            .filter(candidate -> candidate.split() == split)
                            .findFirst()
                            .orElseThrow();
                    Case product = new Case(50 + split, 1, 75, 132).levels(TOKEN, 960, 16);
                    product.layer("a", 132, split == 2 ? 4 : 8, split == 2 ? 64 : 0, true);
                    OneStep step = product.write(DType.F32, 0, 132).run(clusters, choice);
                    assertThat(step.planned().get(0).kernel().number("SPLIT")).isEqualTo(split);
                    assertThat(step.planned().get(0).kernel().specific()).isEqualTo(info.hopper());
                    assertSameBits(step);
                }
            }
        }
    }
}
