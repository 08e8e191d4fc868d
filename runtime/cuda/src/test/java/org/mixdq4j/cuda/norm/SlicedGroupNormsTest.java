package org.mixdq4j.cuda.norm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mixdq4j.core.graph.op.Activate;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Epilogue;
import org.mixdq4j.core.lower.step.Normalize;
import org.mixdq4j.core.lower.step.Output;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.cuda.Given;
import org.mixdq4j.cuda.OneStep;
import org.mixdq4j.cuda.device.DeviceInfo;

class SlicedGroupNormsTest {
    private static final Epilogue SILU = new Epilogue.Apply(Activate.Function.SILU);

    private final Given given = new Given(5);

    @ParameterizedTest
    @CsvSource({"F16, 64, 32, 8, 1", "BF16, 48, 6, 0, 3", "F16, 320, 32, 0, 5", "F16, 8, 1, 0, 2"})
    void normalizesGroupsOfEverySample(DType type, int channels, int groups, int offset, int samples) {
        View x = given.floatsAt("x", type, offset, channels + offset, samples, 9, 7, channels);
        float[] values = given.get(x);
        int sample = 63 * (channels + offset);
        for (int i = 0; i < sample; i++) {
            values[i] += 30;
        }
        for (int i = 0; samples > 1 && i < sample; i++) {
            values[sample + i] = 1.5f;
        }
        if (samples > 2) {
            values[2 * sample + offset] = Float.NaN;
        }
        given.set(x, values);
        View to = Given.placeAt("to", DType.F32, offset, channels + offset, samples, 9, 7, channels);
        OneStep step = run(List.of(x), groups, List.of(SILU), OneStep.HOPPER, new Output.Floats(to));
        assertThat(step.error("to")).isCloseTo(0, within(2e-6));
        assertThat(entries(step)).isEqualTo(samples > 3 ? List.of("groupSlices", "groupApply") : List.of("groupOnce"));
    }

    @Test
    void normalizesWhatIsJoinedWithAllEpiloguesAndOutputs() {
        List<View> parts =
                List.of(given.floats("a", DType.F16, 2, 5, 4, 24), given.floatsAt("b", DType.F16, 16, 48, 2, 5, 4, 40));
        List<Epilogue> then = List.of(
                new Epilogue.Modulate(
                        given.floats("scale", DType.F16, 2, 1, 1, 64), given.floats("shift", DType.F32, 2, 1, 1, 64)),
                SILU,
                new Epilogue.Add(given.floats("add", DType.F16, 2, 5, 4, 64)));
        OneStep step = run(
                parts,
                16,
                then,
                OneStep.AMPERE,
                new Output.Floats(Given.place("to", DType.F16, 2, 5, 4, 64)),
                Given.levels(Given.place("first", DType.U8, 2, 5, 4, 24), 0, .02f),
                given.factored(Given.levels(Given.place("second", DType.U8, 2, 5, 4, 40), 24, .03f)));
        assertThat(step.error("to")).isCloseTo(0, within(1e-3));
        step.requireClose("first");
        step.requireClose("second");
    }

    @ParameterizedTest
    @CsvSource({"64, wholeRows", "2560, wholeRows"})
    void quantizesRowsByTheirOwnMagnitudes(int channels, String last) {
        View x = given.floats("x", DType.F16, 2, 3, 3, channels);
        Output tokens = Given.tokens(Given.place("to", DType.U8, 2, 3, 3, channels), 0, 8);
        OneStep step = run(List.of(x), 32, List.of(SILU), OneStep.HOPPER, tokens);
        assertThat(entries(step)).isEqualTo(List.of("groupSlices", "groupCombine", last));
        step.requireClose("to");
        assertThat(step.error("to scales")).isCloseTo(0, within(2e-6));
    }

    @Test
    void writesWhereNoVectorsFit() {
        View x = given.floats("x", DType.F16, 1, 4, 4, 32);
        View to = Given.placeAt("to", DType.F16, 3, 35, 1, 4, 4, 32);
        OneStep step = run(List.of(x), 8, List.of(), OneStep.HOPPER, new Output.Floats(to));
        assertThat(entries(step)).isEqualTo(List.of("groupSlices", "groupCombine", "pointwise"));
        assertThat(step.error("to")).isCloseTo(0, within(1e-3));
    }

    @Test
    void aSampleAloneHasTheBitsItHasAmongOthers() {
        View x = given.floats("x", DType.F16, 5, 16, 16, 64);
        OneStep all = run(
                List.of(x),
                32,
                List.of(SILU),
                OneStep.HOPPER,
                new Output.Floats(Given.place("to", DType.F32, 5, 16, 16, 64)));
        View one = x.slice(0, 3, 4);
        OneStep alone = run(
                List.of(one),
                32,
                List.of(SILU),
                OneStep.AMPERE,
                new Output.Floats(Given.place("to", DType.F32, 1, 16, 16, 64)));
        assertThat(entries(all)).isNotEqualTo(entries(alone));
        assertThat(alone.found().get("to").buffer())
                .isEqualTo(all.found().get("to").slice(3, 4).buffer());
    }

    @Test
    void leavesWhatItCannotDo() {
        for (View x : List.of(
                given.floats("x", DType.F32, 1, 4, 4, 32),
                given.floats("x", DType.F16, 1, 4, 4, 20),
                given.floatsAt("x", DType.F16, 4, 36, 1, 4, 4, 32),
                given.floats("x", DType.F16, 1, 2, 2, 4104))) {
            int channels = x.columns();
            OneStep step = new OneStepOf(given, x, channels).run();
            assertThat(entries(step)).contains("groupStatistics");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "320, 4096, 1, 132, 512, 128, 32, 128, true",
        "320, 4096, 1, 108, 512, 128, 32, 108, true",
        "320, 4096, 4, 132, 512, 128, 32, 66, false",
        "1280, 256, 2, 132, 512, 64, 4, 64, true",
        "1280, 256, 32, 132, 512, 64, 4, 8, false",
        "128, 262144, 1, 132, 512, 128, 2048, 128, true",
        "320, 1, 1, 132, 512, 1, 13, 1, true"
    })
    void dividesWork(
            int channels,
            int rows,
            int samples,
            int multiprocessors,
            int threads,
            int slices,
            int sliceRows,
            int blocks,
            boolean once) {
        assertThat(Slices.of(channels, 32, rows, samples, multiprocessors))
                .hasValue(new Slices(threads, slices, sliceRows, blocks, once));
    }

    @Test
    void blocksThatWaitForEachOtherAreNoMoreThanMultiprocessors() {
        for (int samples = 1; samples <= 40; samples++) {
            for (int rows : new int[] {1, 7, 64, 255, 4096, 1 << 20}) {
                for (int multiprocessors : new int[] {8, 20, 108, 132, 188}) {
                    Slices slices =
                            Slices.of(640, 32, rows, samples, multiprocessors).orElseThrow();
                    assertThat(slices.slices()).isLessThanOrEqualTo(128);
                    assertThat(slices.slices() * (long) slices.sliceRows()).isGreaterThanOrEqualTo(rows);
                    assertThat(!slices.once() || slices.blocks() * samples <= multiprocessors)
                            .isTrue();
                }
            }
        }
    }

    private record OneStepOf(Given given, View x, int channels) {
        OneStep run() {
            Given own =
                    new Given(6).weight("norm.weight", DType.F32, channels).weight("norm.bias", DType.F32, channels);
            own.set(x, given.get(x));
            Normalize step = new Normalize(
                    "norm",
                    new Normalize.Groups(4, 1e-5),
                    Optional.of("norm"),
                    List.of(x),
                    List.of(),
                    List.of(new Output.Floats(
                            Given.place("to", DType.F16, x.shape().toArray()))));
            return own.run(step, OneStep.HOPPER, new SlicedGroupNorms(), new GroupNorms());
        }
    }

    private OneStep run(List<View> parts, int groups, List<Epilogue> then, DeviceInfo info, Output... outputs) {
        int channels = parts.stream().mapToInt(View::columns).sum();
        if (!given.contains("norm.weight")) {
            given.weight("norm.weight", DType.F32, channels).weight("norm.bias", DType.F16, channels);
        }
        Normalize.Kind kind = new Normalize.Groups(groups, 1e-5);
        Normalize step = new Normalize("norm", kind, Optional.of("norm"), parts, then, List.of(outputs));
        return given.run(step, info, new SlicedGroupNorms());
    }

    private static List<String> entries(OneStep step) {
        return step.planned().stream().map(launch -> launch.kernel().entry()).toList();
    }
}
