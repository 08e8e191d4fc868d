package org.mixdq4j.cuda.plain;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.mixdq4j.core.graph.op.Activate;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.graph.op.Conv2d.Padding;
import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.cuda.OneStep;
import org.mixdq4j.cuda.ProductCase;
import org.mixdq4j.cuda.device.DeviceInfo;
import org.mixdq4j.cuda.device.host.Twin;

class PlainProductTest {
    private static final Map<String, Twin> TWINS =
            Map.of("plainProduct", new PlainProductTwin(), "shortProduct", new PlainProductTwin());
    private static final double F32_BOUND = 2e-6;
    private static final double F16_BOUND = 1e-3;

    private static OneStep run(ProductCase one, DeviceInfo info) {
        return one.run(info, new PlainProducts(), TWINS);
    }

    private static Conv2d conv(int inputs, int outputs, int kernel, int stride, int padding) {
        return new Conv2d(inputs, outputs, kernel, kernel, stride, Padding.same(padding), true);
    }

    private record Named(String name, ProductCase one) {}

    /** All of bytes, without functions: equal to the last bit. */
    private static List<Named> exact() {
        List<Named> cases = new ArrayList<>();
        cases.add(new Named("Linear", new ProductCase(new Linear(37, 21, true), Shape.of(2, 5, 37), 1).levels()));
        cases.add(new Named("one row", new ProductCase(new Linear(64, 24, false), Shape.of(1, 64), 2).levels()));
        cases.add(new Named(
                "segments beside others",
                new ProductCase(new Linear(40, 11, true), Shape.of(3, 4, 40), 3)
                        .beside(3)
                        .cut(13, 20)
                        .levels()));
        cases.add(new Named(
                "extremes",
                new ProductCase(conv(300, 9, 3, 1, 1), Shape.of(1, 5, 4, 300), 4)
                        .extremes()
                        .levels()));
        cases.add(new Named(
                "merged",
                new ProductCase(new Linear(32, 36, true), Shape.of(2, 3, 32), 5)
                        .layers(3)
                        .levels()));
        cases.add(new Named(
                "few products",
                new ProductCase(conv(4, 133, 3, 1, 1), Shape.of(2, 7, 5, 4), 15)
                        .beside(1)
                        .levels()));
        cases.add(new Named(
                "few products by twos",
                new ProductCase(new Conv2d(5, 9, 3, 3, 2, new Padding(0, 1, 0, 1), false), Shape.of(3, 9, 8, 5), 16)
                        .zeroPoints(255)
                        .extremes()
                        .levels()));
        cases.add(new Named(
                "by token",
                new ProductCase(new Linear(48, 20, true), Shape.of(2, 7, 48), 6)
                        .factors()
                        .tokens()));
        cases.add(new Named("3x3", new ProductCase(conv(16, 12, 3, 1, 1), Shape.of(2, 9, 7, 16), 7).levels()));
        cases.add(new Named(
                "3x3 by twos in segments",
                new ProductCase(conv(12, 10, 3, 2, 1), Shape.of(3, 15, 11, 12), 8)
                        .cut(5)
                        .zeroPoints(0, 255)
                        .levels()));
        cases.add(new Named("one pixel", new ProductCase(conv(8, 8, 3, 1, 1), Shape.of(2, 1, 1, 8), 9).levels()));
        cases.add(new Named(
                "padded on two sides",
                new ProductCase(new Conv2d(8, 8, 3, 3, 2, new Padding(0, 1, 0, 1), false), Shape.of(1, 8, 6, 8), 10)
                        .levels()));
        cases.add(new Named(
                "5x2",
                new ProductCase(new Conv2d(6, 7, 5, 2, 3, Padding.same(2), true), Shape.of(1, 11, 8, 6), 11).levels()));
        cases.add(new Named(
                "4 bits",
                new ProductCase(conv(32, 16, 1, 1, 0), Shape.of(1, 4, 4, 32), 12)
                        .codes(4)
                        .levels()));
        return cases;
    }

    @TestFactory
    Stream<DynamicTest> productsOfBytesAreExact() {
        return exact().stream()
                .map(each -> DynamicTest.dynamicTest(each.name, () -> {
                    each.one
                            .addRow(DType.F16)
                            .mul(DType.F32)
                            .add(DType.BF16)
                            .to(DType.F32)
                            .toLevels(100, 8);
                    for (DeviceInfo info : List.of(OneStep.HOPPER, OneStep.AMPERE)) {
                        OneStep result = run(each.one, info);
                        assertThat(result.found().get("out").buffer())
                                .isEqualTo(result.wanted().get("out").buffer());
                        assertThat(result.found().get("out1").buffer())
                                .isEqualTo(result.wanted().get("out1").buffer());
                    }
                }));
    }

    @Test
    void sumsMayBeWrittenOverWhatIsAdded() {
        OneStep result = run(
                new ProductCase(conv(16, 12, 1, 1, 0), Shape.of(1, 5, 3, 16), 13)
                        .levels()
                        .add(DType.F16)
                        .inPlace(),
                OneStep.HOPPER);
        assertThat(result.found().get("added0").buffer())
                .isEqualTo(result.wanted().get("added0").buffer());
    }

    @Test
    void columnsGoToSeveralOutputs() {
        OneStep result = run(
                new ProductCase(new Linear(24, 30, true), Shape.of(4, 24), 14)
                        .levels()
                        .to(DType.F32, 0, 7)
                        .to(DType.BF16, 7, 20)
                        .toLevels(3, 4),
                OneStep.HOPPER);
        for (String out : List.of("out", "out1", "out2")) {
            assertThat(result.found().get(out).buffer())
                    .isEqualTo(result.wanted().get(out).buffer());
        }
    }

    /** Floats, or functions after integers: each with the largest error it may have. */
    private static List<Named> rounded() {
        List<Named> cases = new ArrayList<>();
        cases.add(new Named(
                "Linear of parts",
                new ProductCase(new Linear(50, 21, true), Shape.of(2, 3, 50), 20)
                        .floats(DType.F32, DType.F32, DType.F16, DType.BF16)));
        cases.add(new Named(
                "merged",
                new ProductCase(new Linear(32, 24, true), Shape.of(5, 32), 21)
                        .layers(2)
                        .floats(DType.F16, DType.F16)));
        cases.add(new Named(
                "convolution of four channels",
                new ProductCase(conv(4, 20, 3, 1, 1), Shape.of(2, 6, 5, 4), 22).floats(DType.F32, DType.F32)));
        cases.add(new Named(
                "convolution by twos",
                new ProductCase(new Conv2d(9, 5, 3, 3, 2, new Padding(0, 1, 0, 1), true), Shape.of(1, 7, 10, 9), 23)
                        .beside(1)
                        .floats(DType.BF16, DType.BF16)));
        cases.add(new Named(
                "weight only, in segments of their own",
                new ProductCase(new Linear(44, 18, true), Shape.of(1, 3, 44), 24)
                        .cut(12, 30)
                        .factors()
                        .layers(2)
                        .weightOnly(DType.F16, DType.F32)));
        cases.add(new Named(
                "few products of floats",
                new ProductCase(conv(16, 200, 2, 2, 0), Shape.of(1, 14, 12, 16), 28).floats(DType.F16, DType.F32)));
        cases.add(new Named(
                "few products of integer weights",
                new ProductCase(conv(4, 30, 3, 1, 1), Shape.of(1, 9, 5, 4), 17).weightOnly(DType.BF16)));
        cases.add(new Named(
                "weight only convolution",
                new ProductCase(conv(8, 6, 3, 1, 1), Shape.of(1, 4, 4, 8), 25)
                        .cut(4)
                        .weightOnly(DType.F16)));
        cases.add(new Named(
                "first row",
                new ProductCase(new Linear(40, 24, true), Shape.of(3, 5, 40), 26)
                        .firstRow(DType.F16)
                        .layers(2)
                        .levels()));
        cases.add(new Named(
                "first row with factors",
                new ProductCase(new Linear(21, 24, false), Shape.of(2, 4, 21), 27)
                        .factors()
                        .firstRow(DType.F32)
                        .tokens()));
        return cases;
    }

    @TestFactory
    Stream<DynamicTest> productsOfFloatsAreNear() {
        return rounded().stream()
                .map(each -> DynamicTest.dynamicTest(each.name, () -> {
                    each.one
                            .apply(Activate.Function.SILU)
                            .mulRow(DType.F32)
                            .to(DType.F32)
                            .to(DType.F16);
                    OneStep result = run(each.one, OneStep.AMPERE);
                    assertThat(result.error("out")).isLessThan(F32_BOUND);
                    assertThat(result.error("out1")).isLessThan(F16_BOUND);
                }));
    }

    @Test
    void manyRowsOfFewProductsShareWindows() {
        assertThat(run(
                                new ProductCase(conv(4, 20, 3, 1, 1), Shape.of(1, 6, 6, 4), 29)
                                        .levels()
                                        .to(DType.F32),
                                OneStep.HOPPER)
                        .planned())
                .allMatch(launch -> launch.kernel().entry().equals("shortProduct"));
        assertThat(run(
                                new ProductCase(conv(4, 20, 3, 1, 1), Shape.of(1, 4, 4, 4), 29)
                                        .levels()
                                        .to(DType.F32),
                                OneStep.HOPPER)
                        .planned())
                .allMatch(launch -> launch.kernel().entry().equals("plainProduct"));
    }

    @Test
    void geGlu() {
        OneStep result = run(
                new ProductCase(new Linear(36, 22, true), Shape.of(2, 4, 36), 30)
                        .levels()
                        .geGlu()
                        .add(DType.F16)
                        .to(DType.F32)
                        .to(DType.F16),
                OneStep.HOPPER);
        assertThat(result.error("out")).isLessThan(F32_BOUND);
        assertThat(result.error("out1")).isLessThan(F16_BOUND);
    }

    @Test
    void nothingElseIsWritten() {
        OneStep result = run(
                new ProductCase(new Linear(16, 10, true), Shape.of(3, 16), 31)
                        .beside(2)
                        .levels()
                        .toLevels(9, 8),
                OneStep.HOPPER);
        for (int row = 0; row < 3; row++) {
            assertThat(result.found().get("out").buffer().get(row * 12)).isEqualTo((byte) -1);
            assertThat(result.found().get("out").buffer().get(row * 12 + 1)).isEqualTo((byte) -1);
        }
    }
}
