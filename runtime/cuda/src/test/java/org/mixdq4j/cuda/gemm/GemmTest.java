package org.mixdq4j.cuda.gemm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mixdq4j.core.graph.op.Activate;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Epilogue;
import org.mixdq4j.core.lower.step.Product;
import org.mixdq4j.core.lower.weights.StoredLayers;
import org.mixdq4j.core.quant.AffineParams;
import org.mixdq4j.core.quant.InputQuant;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.quant.Rotation;
import org.mixdq4j.core.quant.TokenParams;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.cuda.OneStep;
import org.mixdq4j.cuda.bind.Binder;
import org.mixdq4j.cuda.bind.Constants;
import org.mixdq4j.cuda.bind.Planned;
import org.mixdq4j.cuda.device.DeviceInfo;
import org.mixdq4j.cuda.device.host.HostDevice;
import org.mixdq4j.cuda.program.Families;

class GemmTest {
    private static final InputQuant STATIC = new AffineParams(.02f, 131, 8);
    private static final InputQuant TOKEN = new TokenParams(8);

    static Stream<DeviceInfo> devices() {
        return Stream.of(OneStep.HOPPER, OneStep.AMPERE);
    }

    private static void assertSameBits(OneStep step, String value) {
        assertThat(step.found().get(value).toF32().toFloatArray())
                .as(step.planned().toString())
                .isEqualTo(step.wanted().get(value).toF32().toFloatArray());
    }

    /** Levels agree but for those whose float before rounding is at a half. */
    private static void assertSameLevels(OneStep step, String value) {
        Tensor found = step.found().get(value);
        Tensor wanted = step.wanted().get(value);
        int off = 0;
        for (int i = 0; i < found.buffer().capacity(); i++) {
            int difference = Math.abs(Byte.toUnsignedInt(found.buffer().get(i))
                    - Byte.toUnsignedInt(wanted.buffer().get(i)));
            assertThat(difference).isLessThanOrEqualTo(1);
            off += difference;
        }
        assertThat(off).isLessThanOrEqualTo(found.buffer().capacity() / 500);
    }

    /** bits, group, K, and what a weight takes on the device. */
    record WeightCase(int bits, int group, int k, int stored) {}

    static Stream<WeightCase> weights() {
        return Stream.of(
                new WeightCase(8, 0, 80, 8),
                new WeightCase(8, 0, 16, 8),
                new WeightCase(8, 0, 1040, 8),
                new WeightCase(4, 0, 192, 4),
                new WeightCase(4, 0, 80, 8),
                new WeightCase(4, 32, 320, 4),
                new WeightCase(4, 64, 64, 4),
                new WeightCase(4, 128, 320, 4),
                new WeightCase(4, 128, 64, 4),
                new WeightCase(4, 16, 128, 8),
                new WeightCase(3, 32, 128, 4),
                new WeightCase(2, 64, 192, 4),
                new WeightCase(2, 0, 128, 4),
                new WeightCase(5, 32, 128, 8));
    }

    @ParameterizedTest
    @MethodSource("weights")
    void givesTheBitsOfIntegerLayers(WeightCase weight) {
        for (int tokens : new int[] {1, 77}) {
            for (InputQuant input : List.of(STATIC, TOKEN)) {
                Case product = new Case(tokens, 1, tokens, 132).levels(input, weight.k(), 16);
                product.layer("a", 132, weight.bits(), weight.group(), true).write(DType.F32, 0, 132);
                for (DeviceInfo info : List.of(OneStep.HOPPER, OneStep.AMPERE)) {
                    OneStep step = product.run(info);
                    assertSameBits(step, "out0");
                    Planned launch = step.planned().get(0);
                    assertThat(launch.kernel().number("WEIGHT_BITS")).isEqualTo(weight.stored());
                    assertThat(launch.kernel().entry()).isEqualTo(info.hopper() ? "gemmWgmma" : "gemmMma");
                    assertThat(launch.geometry().early()).isEqualTo(info.clusters());
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("devices")
    void coversManyTilesAndLeavesWhatIsBeside(DeviceInfo info) {
        Case product = new Case(3, 1, 1023, 260).levels(STATIC, 64, 0).layer("a", 260, 8, 0, false);
        OneStep step = product.write(DType.F32, 0, 260).run(info);
        assertSameBits(step, "out0");
        assertThat(step.planned().get(0).geometry().blocks()).isGreaterThan(4);
    }

    /** A network's inputs, where it computes in halves; few rows are multiplied as they are. */
    @ParameterizedTest
    @MethodSource("devices")
    void roundsRowsOfFloats(DeviceInfo info) {
        for (DType type : List.of(DType.F16, DType.BF16)) {
            Case product = new Case(5, 2, 77, 132).floats(DType.F32, 80, 12).floatLayer("a", 132, true);
            OneStep step = product.write(type, 0, 132).run(info);
            assertThat(step.planned().stream().map(launch -> launch.kernel().entry()))
                    .containsExactly("roundToHalves", "gemmMma");
            assertThat(step.error("out0")).isLessThan(type == DType.F16 ? 1e-3 : 8e-3);
        }
        // Few rows a sample, or outputs that are no halves: these are multiplied as they are, by others.
        Case few = new Case(5, 20, 15, 132).floats(DType.F32, 80, 12).floatLayer("a", 132, true);
        Case whole = new Case(5, 2, 77, 132).floats(DType.F32, 80, 12).floatLayer("a", 132, true);
        few.write(DType.F16, 0, 132);
        whole.write(DType.F32, 0, 132);
        for (Case left : List.of(few, whole)) {
            assertThatThrownBy(() -> left.run(info)).hasMessageContaining("there is no kernel");
        }
    }

    @ParameterizedTest
    @MethodSource("devices")
    void addsSegmentsInTheirOrder(DeviceInfo info) {
        for (InputQuant input : List.of(STATIC, TOKEN)) {
            Case product = new Case(4, 2, 20, 72).levels(input, 64, 16);
            product.levels(input instanceof TokenParams ? input : new AffineParams(.4f, 3, 6), 192, 0)
                    .levels(input, 16, 0);
            product.layer("a", 40, 8, 0, true).layer("b", 32, 8, 0, false).write(DType.F32, 0, 72);
            OneStep step = product.run(info);
            assertThat(step.planned()).hasSize(3);
            assertSameBits(step, "out0");
        }
    }

    @Test
    void packsEachSegmentAsItAllows() {
        Case product = new Case(5, 1, 9, 64).levels(STATIC, 64, 0).levels(STATIC, 48, 0);
        OneStep step =
                product.layer("a", 64, 4, 0, true).write(DType.F32, 0, 64).run(OneStep.AMPERE);
        assertSameBits(step, "out0");
        assertThat(step.planned().stream().map(p -> p.kernel().number("WEIGHT_BITS")))
                .containsExactly(4, 8);
    }

    @Test
    void mergesLayersOfOneCodeAndExpandsOthers() {
        Case alike = new Case(6, 1, 21, 204).levels(TOKEN, 128, 0).layer("a", 64, 4, 32, true);
        alike.layer("b", 68, 4, 32, false).layer("c", 72, 4, 32, true).write(DType.F32, 0, 204);
        OneStep step = alike.run(OneStep.HOPPER);
        assertSameBits(step, "out0");
        assertThat(step.planned().get(0).kernel().number("GROUP")).isEqualTo(32);

        Case mixed = new Case(7, 1, 21, 132).levels(STATIC, 128, 0).layer("a", 64, 4, 32, false);
        mixed.layer("b", 68, 4, 0, false).write(DType.F32, 0, 132);
        step = mixed.run(OneStep.HOPPER);
        assertSameBits(step, "out0");
        assertThat(step.planned().get(0).kernel().number("WEIGHT_BITS")).isEqualTo(8);
    }

    @ParameterizedTest
    @MethodSource("devices")
    void multipliesValuesByTheirGates(DeviceInfo info) {
        Case floats = new Case(8, 1, 77, 272).levels(TOKEN, 64, 0).layer("a", 272, 4, 32, true);
        floats.then(new Epilogue.GeGlu()).write(DType.F32, 0, 136);
        OneStep step = floats.run(info);
        assertThat(step.error("out0")).isCloseTo(0, within(1e-6));

        Case levels = new Case(9, 1, 77, 272).levels(STATIC, 48, 0).layer("a", 272, 8, 0, true);
        levels.then(new Epilogue.GeGlu()).writeLevels(136, Optional.of(levels.factors(136)));
        assertSameLevels(levels.run(info), "out0");
    }

    @ParameterizedTest
    @MethodSource("devices")
    void multipliesGatesOfSegments(DeviceInfo info) {
        Case product = new Case(10, 1, 30, 144)
                .levels(STATIC, 64, 0)
                .levels(STATIC, 32, 0)
                .layer("a", 144, 8, 0, true);
        product.then(new Epilogue.GeGlu()).then(new Epilogue.Add(product.operand("r", DType.F16, false, 72)));
        OneStep step = product.write(DType.F32, 0, 72).run(info);
        assertThat(step.error("out0")).isCloseTo(0, within(1e-6));
    }

    @ParameterizedTest
    @MethodSource("devices")
    void appliesEpiloguesAndWritesSeveralOutputs(DeviceInfo info) {
        for (DType type : List.of(DType.F32, DType.F16, DType.BF16)) {
            Case product = new Case(11, 2, 33, 72).levels(STATIC, 64, 0).layer("a", 72, 8, 0, true);
            product.then(new Epilogue.AddRow(product.operand("row", type, true, 72)));
            product.then(new Epilogue.MulRow(product.operand("factor", type, true, 72)));
            product.then(new Epilogue.Modulate(
                    product.operand("scale", type, true, 72), product.operand("shift", DType.F32, true, 72)));
            product.then(new Epilogue.Add(product.operand("residual", type, false, 72)));
            product.then(new Epilogue.Mul(product.operand("gate", DType.F16, false, 72)));
            product.write(DType.F32, 0, 72).write(type, 8, 40);
            OneStep step = product.run(info);
            assertSameBits(step, "out0");
            assertSameBits(step, "out1");
        }
    }

    @ParameterizedTest
    @MethodSource("devices")
    void appliesFunctions(DeviceInfo info) {
        for (Activate.Function function : Activate.Function.values()) {
            if (function == Activate.Function.EXP) {
                continue;
            }
            Case product = new Case(12, 1, 20, 64).levels(STATIC, 64, 0).layer("a", 64, 8, 0, true);
            OneStep step = product.then(new Epilogue.Apply(function))
                    .write(DType.F32, 0, 64)
                    .run(info);
            assertThat(step.error("out0")).as(function.name()).isCloseTo(0, within(1e-6));
        }
    }

    @Test
    void writesOverWhatItAdds() {
        Case product = new Case(13, 1, 50, 64)
                .levels(STATIC, 64, 0)
                .levels(STATIC, 32, 0)
                .layer("a", 64, 8, 0, true);
        product.write(DType.F32, 0, 64);
        View out = product.writes.get(0).to();
        product.inputs.put(out.value(), product.floats(out.shape(), 1));
        OneStep step = product.then(new Epilogue.Add(out)).run(OneStep.HOPPER);
        assertSameBits(step, "out0");
    }

    @ParameterizedTest
    @ValueSource(ints = {8, 4})
    void leavesFirstTokensInFloat(int bits) {
        for (DType type : List.of(DType.F32, DType.F16)) {
            for (int group : bits == 8 ? new int[] {0} : new int[] {0, 32, 64}) {
                Case product = new Case(14, 3, 7, 132);
                product.firstRow = Optional.of(product.operand("first", type, true, 192));
                product.rotation = group == 64 ? 64 : Rotation.NONE;
                product.levels(STATIC, 128, 0).levels(STATIC, 64, 0);
                Optional<float[]> factors = group == 32 ? Optional.of(product.factors(192)) : Optional.empty();
                product.layer("a", 64, bits, group, true, factors).layer("b", 68, bits, group, false, factors);
                OneStep step = product.write(DType.F32, 0, 132).run(OneStep.HOPPER);
                assertThat(step.error("out0")).isCloseTo(0, within(2e-6));
                float[] found = step.found().get("out0").toFloatArray();
                float[] wanted = step.wanted().get("out0").toFloatArray();
                for (int i = 0; i < found.length; i++) {
                    if (i / 132 % 7 != 0) {
                        assertThat(found[i]).isEqualTo(wanted[i]);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("devices")
    void multipliesHalves(DeviceInfo info) {
        for (DType type : List.of(DType.F16, DType.BF16)) {
            Case product = new Case(15, 1, 77, 140).floats(type, 72, 8).floats(type, 40, 0);
            product.floatLayer("a", 72, true).floatLayer("b", 68, false);
            product.write(DType.F32, 0, 140).write(type, 0, 140);
            OneStep step = product.run(info);
            assertThat(step.planned()).hasSize(2).allMatch(p -> p.kernel().number("SPLIT") == 1);
            assertThat(step.error("out0")).isCloseTo(0, within(type == DType.BF16 ? 2e-6 : 1e-3));
            assertThat(step.error("out1")).isCloseTo(0, within(type == DType.BF16 ? 8e-3 : 1e-3));
        }
    }

    @ParameterizedTest
    @MethodSource("weights")
    void multipliesOneRowASampleByIntegersAsTheyArePacked(WeightCase weight) {
        for (DType type : List.of(DType.F32, DType.F16)) {
            Case product = new Case(18, 3, 1, 70).floats(type, weight.k(), 8);
            Optional<float[]> factors =
                    weight.bits() == 4 ? Optional.of(product.factors(weight.k())) : Optional.empty();
            product.rotation = weight.group() == 32 ? 16 : Rotation.NONE;
            product.layer("a", 30, weight.bits(), weight.group(), true, factors);
            product.layer("b", 40, weight.bits(), weight.group(), false, factors);
            product.then(new Epilogue.Apply(Activate.Function.SILU)).write(DType.F32, 0, 70);
            OneStep step = product.run(OneStep.HOPPER);
            assertThat(step.error("out0")).isCloseTo(0, within(2e-6));
            assertThat(step.planned()).hasSize(1);
            assertThat(step.planned().get(0).kernel().entry()).isEqualTo("floatRows");
        }
    }

    @Test
    void multipliesFloatsByDequantizedIntegers() {
        Case product = new Case(16, 1, 3, 64).floats(DType.F16, 96, 0);
        product.layer("a", 64, 4, 32, true, Optional.of(product.factors(96))).write(DType.F16, 0, 64);
        OneStep step = product.run(OneStep.AMPERE);
        assertThat(step.error("out0")).isCloseTo(0, within(1e-3));
        assertThat(step.planned().get(0).kernel().number("ELEMENTS")).isEqualTo(1);
    }

    @Test
    void givesNaNWhereARowHasNoScale() {
        Case product = new Case(17, 1, 20, 64)
                .levels(TOKEN, 64, 0)
                .layer("a", 64, 8, 0, true)
                .write(DType.F32, 0, 64);
        product.inputs.entrySet().stream()
                .filter(entry -> entry.getKey().id().startsWith("scales"))
                .forEach(entry -> entry.getValue().floats().put(5, Float.NaN));
        OneStep step = product.run(OneStep.HOPPER);
        float[] found = step.found().get("out0").toFloatArray();
        assertThat(found[5 * 64]).isNaN();
        assertSameBits(step, "out0");
    }

    @Test
    void multipliesPixelsByWeightsOfOneTap() {
        Case product = new Case(19, 6, 35, 64)
                .levels(STATIC, 64, 16)
                .levels(STATIC, 32, 0)
                .layer("a", 64, 8, 0, true);
        product.write(DType.F16, 0, 64);
        OneStep rows = product.run(OneStep.HOPPER);
        Product images = product.asImages(5, 7);
        OneStep pixels = product.run(images, OneStep.HOPPER);
        assertSameBits(pixels, "out0");
        assertThat(pixels.found().get("out0").toF32().toFloatArray())
                .isEqualTo(rows.found().get("out0").toF32().toFloatArray());
    }

    @Test
    void leavesToOthersWhatItHasNoSizesFor() {
        assertThat(new Case(20, 1, 9, 66)
                        .levels(STATIC, 64, 0)
                        .layer("a", 66, 8, 0, true)
                        .write(DType.F32, 0, 66)
                        .isTaken())
                .as("66 columns")
                .isFalse();
        assertThat(new Case(20, 1, 9, 64)
                        .levels(STATIC, 40, 0)
                        .layer("a", 64, 8, 0, true)
                        .write(DType.F32, 0, 64)
                        .isTaken())
                .as("rows of 40 bytes")
                .isFalse();
        assertThat(new Case(20, 1, 9, 64)
                        .levels(STATIC, 64, 8)
                        .layer("a", 64, 8, 0, true)
                        .write(DType.F32, 0, 64)
                        .isTaken())
                .as("rows that begin at a multiple of 8")
                .isFalse();
        assertThat(new Case(20, 1, 9, 64)
                        .floats(DType.F32, 64, 0)
                        .floatLayer("a", 64, true)
                        .write(DType.F32, 0, 64)
                        .isTaken())
                .as("FP32")
                .isFalse();
        assertThat(new Case(20, 1, 9, 64)
                        .levels(STATIC, 64, 0)
                        .layer("a", 64, 8, 0, true)
                        .write(DType.F16, 2, 60)
                        .isTaken())
                .as("columns from 2 on")
                .isFalse();
        Case gates = new Case(20, 1, 9, 68).levels(STATIC, 64, 0).layer("a", 68, 8, 0, true);
        assertThat(gates.then(new Epilogue.GeGlu()).write(DType.F32, 0, 34).isTaken())
                .as("34 values and 34 gates")
                .isFalse();
        assertThat(new Case(20, 1, 9, 64)
                        .levels(STATIC, 64, 0)
                        .layer("a", 64, 8, 0, true)
                        .write(DType.F32, 0, 64)
                        .isTaken())
                .isTrue();
    }

    @Test
    void readsAndPacksLayersOnceForAllPlans() {
        Case first = new Case(21, 1, 33, 64).levels(STATIC, 64, 0).levels(STATIC, 32, 0);
        first.firstRow = Optional.of(first.operand("first", DType.F16, true, 96));
        Product large =
                first.layer("a", 64, 4, 32, true).write(DType.F32, 0, 64).product();
        AtomicInteger reads = new AtomicInteger();
        QuantizedLayers counted = QuantizedLayers.of(first.layers.keySet(), id -> {
            reads.incrementAndGet();
            return first.layers.get(id);
        });
        try (HostDevice device = new HostDevice(OneStep.HOPPER, Families.twins());
                Constants constants = new Constants(device)) {
            StoredLayers layers = new StoredLayers(first.source(), counted);
            GemmFamily family = new GemmFamily();
            plan(large, family, new Binder(device, layers, constants, places(large), 0));
            int read = reads.get();
            long bytes = constants.bytes();
            // Codes of one segment and bytes of the other, scales and corrections of both, scales of weights, one bias.
            int columns = 64 * Float.BYTES;
            assertThat(bytes).isEqualTo(64 * 64 / 2 + 2 * 64 + 64 * 32 + 2 * 3 * columns + columns);
            Case second = new Case(22, 1, 5, 64).levels(STATIC, 64, 0).levels(STATIC, 32, 0);
            second.firstRow = Optional.of(second.operand("first", DType.F16, true, 96));
            Product small =
                    second.layer("a", 64, 4, 32, true).write(DType.F32, 0, 64).product();
            plan(small, family, new Binder(device, layers, constants, places(small), 0));
            assertThat(constants.bytes()).isEqualTo(bytes);
            assertThat(reads.get()).isEqualTo(read);
        }
    }

    private static void plan(Product product, GemmFamily family, Binder binder) {
        binder.plan(0, product, List.of(family));
        assertThat(binder.planned()).hasSize(4);
    }

    private static Map<String, Long> places(Product product) {
        Map<String, Long> places = new HashMap<>();
        product.reads().forEach(view -> places.put(view.value().id(), 0L));
        product.writes().forEach(view -> places.put(view.value().id(), 0L));
        return places;
    }
}
