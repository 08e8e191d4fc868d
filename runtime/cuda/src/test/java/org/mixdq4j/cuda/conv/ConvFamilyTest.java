package org.mixdq4j.cuda.conv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.cuda.OneStep;
import org.mixdq4j.cuda.ProductCase;
import org.mixdq4j.cuda.device.DeviceInfo;
import org.mixdq4j.cuda.device.host.Twin;

class ConvFamilyTest {
    private static final Map<String, Twin> TWINS = ConvFamily.twins();
    private static final double F32_BOUND = 2e-6;
    private static final double F16_BOUND = 1e-3;

    /** A Blackwell card: clusters, but no wgmma. */
    private static final DeviceInfo BLACKWELL = new DeviceInfo("host device as sm_100", 10, 0, 148, 232448, 126L << 20);

    private record Named(String name, ProductCase one) {}

    private static Conv2d conv(int inputs, int outputs, int kernel, int stride, int padding) {
        return new Conv2d(inputs, outputs, kernel, kernel, stride, Padding.same(padding), true);
    }

    private static OneStep run(ProductCase one, DeviceInfo info) {
        return one.run(info, new ConvFamily(), TWINS);
    }

    private static List<Named> cases() {
        List<Named> cases = new ArrayList<>();
        cases.add(new Named("odd size", new ProductCase(conv(64, 80, 3, 1, 1), Shape.of(3, 17, 13, 64), 1).levels()));
        cases.add(new Named(
                "outputs of no whole tile",
                new ProductCase(conv(48, 72, 3, 1, 1), Shape.of(2, 9, 9, 48), 2)
                        .zeroPoints(37)
                        .levels()));
        cases.add(new Named(
                "extremes",
                new ProductCase(conv(320, 16, 3, 1, 1), Shape.of(1, 5, 6, 320), 3)
                        .zeroPoints(255)
                        .extremes()
                        .levels()));
        cases.add(new Named(
                "no zero point",
                new ProductCase(conv(16, 8, 3, 1, 1), Shape.of(1, 5, 5, 16), 4)
                        .zeroPoints(0)
                        .levels()));
        cases.add(new Named("one pixel", new ProductCase(conv(64, 64, 3, 1, 1), Shape.of(2, 1, 1, 64), 5).levels()));
        cases.add(new Named("by twos", new ProductCase(conv(96, 160, 3, 2, 1), Shape.of(2, 15, 11, 96), 6).levels()));
        cases.add(new Named(
                "by twos, padded on two sides",
                new ProductCase(new Conv2d(32, 24, 3, 3, 2, new Padding(0, 1, 0, 1), false), Shape.of(2, 8, 7, 32), 7)
                        .levels()));
        cases.add(new Named(
                "two inputs",
                new ProductCase(conv(160, 80, 3, 1, 1), Shape.of(2, 12, 20, 160), 8)
                        .cut(64)
                        .zeroPoints(37, 201)
                        .levels()));
        cases.add(new Named(
                "two inputs of one pixel's window",
                new ProductCase(conv(480, 328, 1, 1, 0), Shape.of(3, 10, 7, 480), 9)
                        .cut(320)
                        .levels()));
        cases.add(new Named(
                "columns of wider values",
                new ProductCase(conv(32, 40, 3, 1, 1), Shape.of(1, 6, 4, 32), 10)
                        .beside(16)
                        .levels()));
        cases.add(new Named(
                "4 bits",
                new ProductCase(conv(64, 80, 3, 1, 1), Shape.of(1, 9, 5, 64), 11)
                        .codes(4)
                        .zeroPoints(201)
                        .levels()));
        cases.add(new Named(
                "4 bits in two inputs",
                new ProductCase(conv(96, 16, 3, 2, 1), Shape.of(2, 6, 6, 96), 12)
                        .cut(32)
                        .codes(4)
                        .extremes()
                        .levels()));
        cases.add(new Named(
                "4 bits of many weights",
                new ProductCase(conv(64, 128, 3, 1, 1), Shape.of(1, 3, 2, 64), 15)
                        .codes(4)
                        .levels()));
        cases.add(new Named(
                "4 bits in groups",
                new ProductCase(conv(96, 80, 3, 1, 1), Shape.of(1, 3, 3, 96), 16)
                        .cut(32)
                        .codes(4)
                        .grouped(64)
                        .levels()));
        cases.add(new Named(
                "3 bits in groups",
                new ProductCase(conv(32, 16, 3, 1, 1), Shape.of(1, 3, 3, 32), 17)
                        .codes(3)
                        .grouped(32)
                        .levels()));
        cases.add(new Named(
                "outputs one by one", new ProductCase(conv(32, 5, 3, 1, 1), Shape.of(2, 4, 9, 32), 13).levels()));
        cases.add(new Named(
                "2x2 without border", new ProductCase(conv(16, 24, 2, 2, 0), Shape.of(1, 8, 6, 16), 14).levels()));
        return cases;
    }

    @TestFactory
    Stream<DynamicTest> convolutionsOfBytesAreExact() {
        return cases().stream()
                .map(each -> DynamicTest.dynamicTest(each.name, () -> {
                    each.one
                            .addRow(DType.F16)
                            .mul(DType.BF16)
                            .add(DType.F32)
                            .to(DType.F32)
                            .toLevels(100, 8)
                            .to(DType.F16);
                    for (DeviceInfo info : List.of(OneStep.HOPPER, OneStep.AMPERE, BLACKWELL)) {
                        OneStep result = run(each.one, info);
                        for (String out : List.of("out", "out1", "out2")) {
                            assertThat(result.found().get(out).buffer())
                                    .as(info.name() + " "
                                            + result.planned().get(0).kernel())
                                    .isEqualTo(result.wanted().get(out).buffer());
                        }
                    }
                }));
    }

    @Test
    void sumsMayBeWrittenOverWhatIsAdded() {
        for (DeviceInfo info : List.of(OneStep.HOPPER, OneStep.AMPERE)) {
            OneStep result = run(
                    new ProductCase(conv(32, 24, 3, 1, 1), Shape.of(2, 7, 6, 32), 20)
                            .levels()
                            .addRow(DType.F16)
                            .add(DType.F16)
                            .inPlace(),
                    info);
            assertThat(result.found().get("added1").buffer())
                    .isEqualTo(result.wanted().get("added1").buffer());
        }
    }

    private static List<Named> floats() {
        List<Named> cases = new ArrayList<>();
        cases.add(new Named(
                "F16", new ProductCase(conv(40, 48, 3, 1, 1), Shape.of(2, 9, 7, 40), 30).floats(DType.F32, DType.F16)));
        cases.add(new Named(
                "BF16 by twos, padded on two sides",
                new ProductCase(new Conv2d(16, 24, 3, 3, 2, new Padding(0, 1, 0, 1), true), Shape.of(1, 12, 8, 16), 31)
                        .floats(DType.BF16, DType.BF16)));
        cases.add(new Named(
                "three outputs",
                new ProductCase(conv(128, 3, 3, 1, 1), Shape.of(1, 8, 8, 128), 32).floats(DType.F16, DType.F16)));
        cases.add(new Named(
                "two inputs",
                new ProductCase(conv(48, 16, 3, 1, 1), Shape.of(1, 5, 6, 48), 33)
                        .floats(DType.F16, DType.F16, DType.F16)));
        cases.add(new Named(
                "integer weights",
                new ProductCase(conv(32, 16, 3, 1, 1), Shape.of(1, 5, 6, 32), 34)
                        .cut(16)
                        .weightOnly(DType.F16)));
        cases.add(new Named(
                "patches",
                new ProductCase(conv(16, 64, 2, 2, 0), Shape.of(2, 8, 8, 16), 35).floats(DType.F16, DType.F16)));
        return cases;
    }

    @TestFactory
    Stream<DynamicTest> convolutionsOfHalvesAreNear() {
        return floats().stream()
                .map(each -> DynamicTest.dynamicTest(each.name, () -> {
                    each.one
                            .apply(Activate.Function.SILU)
                            .mulRow(DType.F32)
                            .to(DType.F32)
                            .to(DType.F16);
                    for (DeviceInfo info : List.of(OneStep.HOPPER, OneStep.AMPERE)) {
                        OneStep result = run(each.one, info);
                        // Weights of 32 bits are rounded to the inputs' 16.
                        boolean rounded = each.name.equals("F16") || each.name.equals("integer weights");
                        assertThat(result.error("out")).isLessThan(rounded ? F16_BOUND : F32_BOUND);
                        assertThat(result.error("out1")).isLessThan(F16_BOUND);
                    }
                }));
    }

    @Test
    void codesStayPackedOnEveryDevice() {
        ProductCase plain = new ProductCase(conv(64, 128, 3, 1, 1), Shape.of(1, 3, 2, 64), 15)
                .codes(4)
                .levels()
                .to(DType.F32);
        ProductCase grouped = new ProductCase(conv(64, 128, 3, 1, 1), Shape.of(1, 3, 2, 64), 15)
                .codes(4)
                .grouped(64)
                .levels()
                .to(DType.F32);
        assertThat(entries(plain, OneStep.HOPPER)).containsExactly("convUnpack", "convWgmma");
        assertThat(entries(grouped, OneStep.HOPPER)).containsExactly("convUnpack", "convWgmma");
        assertThat(entries(plain, OneStep.AMPERE)).containsExactly("convMma");
        assertThat(entries(grouped, OneStep.AMPERE)).containsExactly("convUnpack", "convMma");
    }

    private static List<String> entries(ProductCase one, DeviceInfo info) {
        return run(one, info).planned().stream()
                .map(launch -> launch.kernel().entry())
                .toList();
    }

    @Test
    void whatTilesCannotDoIsRefused() {
        List<ProductCase> refused = List.of(
                // Channels that are no multiple of 16.
                new ProductCase(conv(24, 16, 3, 1, 1), Shape.of(1, 4, 4, 24), 40).levels(),
                // A border of two pixels.
                new ProductCase(conv(16, 16, 5, 1, 2), Shape.of(1, 6, 6, 16), 41).levels(),
                // Rows, which are multiplied elsewhere.
                new ProductCase(conv(16, 16, 1, 1, 0), Shape.of(1, 6, 6, 16), 42).levels(),
                new ProductCase(conv(16, 16, 3, 1, 1), Shape.of(1, 6, 6, 16), 43).floats(DType.F32, DType.F32),
                new ProductCase(conv(16, 16, 3, 1, 1), Shape.of(1, 6, 6, 16), 44)
                        .beside(8)
                        .levels());
        for (ProductCase one : refused) {
            one.to(DType.F32);
            assertThatThrownBy(() -> run(one, OneStep.HOPPER)).hasMessageContaining("there is no kernel");
        }
    }

    @Test
    void bitsOfHalvesDoNotDependOnTheBatch() {
        ConvShape one = new ConvShape(1, 8, 8, 1280, 3, 1, List.of(2560), 1, 8);
        ConvShape four = new ConvShape(4, 8, 8, 1280, 3, 1, List.of(2560), 1, 8);
        assertThat(ConvTiles.choose(four, OneStep.AMPERE)).isEqualTo(ConvTiles.choose(one, OneStep.AMPERE));
        assertThat(ConvTiles.choose(one, OneStep.AMPERE).splits()).isGreaterThan(1);
    }

    /** What was timed best or near it on an H200. */
    @Test
    void tilesOfSizesThatWereTimed() {
        assertThat(tile(1, 32, 640, 3, 1, 640))
                .isEqualTo(ConvTile.wgmma(2, 160, 128, 5, 1).withSplits(3));
        assertThat(tile(1, 16, 1280, 3, 1, 2560))
                .isEqualTo(ConvTile.wgmma(2, 160, 128, 5, 1).withSplits(6));
        assertThat(tile(4, 64, 320, 3, 1, 320)).isEqualTo(ConvTile.wgmma(2, 160, 128, 5, 1));
        assertThat(tile(1, 64, 320, 1, 1, 640, 320)).isEqualTo(ConvTile.wgmma(2, 80, 128, 4, 1));
        assertThat(tile(1, 16, 640, 3, 2, 640))
                .isEqualTo(ConvTile.wgmma(1, 80, 128, 6, 1).withSplits(3));
    }

    private static ConvTile tile(int batch, int size, int outputs, int kernel, int stride, Integer... channels) {
        return ConvTiles.choose(
                new ConvShape(batch, size, size, outputs, kernel, stride, List.of(channels), 0, 8), OneStep.HOPPER);
    }

    @Test
    void tilesFitEveryDevice() {
        DeviceInfo ada = new DeviceInfo("sm_89", 8, 9, 128, 101376, 72L << 20);
        for (DeviceInfo info : List.of(OneStep.HOPPER, OneStep.AMPERE, BLACKWELL, ada)) {
            for (int outputs : new int[] {4, 64, 72, 128, 320, 1280}) {
                for (List<Integer> bytes : List.of(List.of(64), List.of(320), List.of(2560, 1280))) {
                    for (int elements = 0; elements <= 1; elements++) {
                        for (int size : new int[] {1, 16, 64}) {
                            ConvShape shape = new ConvShape(1, size, size, outputs, 3, 1, bytes, elements, 8);
                            ConvTile tile = ConvTiles.choose(shape, info);
                            assertThat(tile.sharedBytes(bytes.size(), false))
                                    .as(tile + " of " + shape)
                                    .isLessThan(info.sharedBytes());
                        }
                    }
                }
            }
        }
    }
}
