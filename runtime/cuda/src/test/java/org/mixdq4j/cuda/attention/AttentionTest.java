package org.mixdq4j.cuda.attention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mixdq4j.core.graph.op.Attention;
import org.mixdq4j.core.lower.Value;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Attend;
import org.mixdq4j.core.lower.step.Output;
import org.mixdq4j.core.lower.step.Quantizer;
import org.mixdq4j.core.quant.AffineParams;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.cuda.OneStep;
import org.mixdq4j.cuda.bind.Family;
import org.mixdq4j.cuda.device.Device;
import org.mixdq4j.cuda.device.DeviceInfo;
import org.mixdq4j.cuda.device.Geometry;
import org.mixdq4j.cuda.device.host.HostDevice;
import org.mixdq4j.cuda.gemm.HalfProducts;
import org.mixdq4j.cuda.gemm.TileChoice;
import org.mixdq4j.cuda.program.Families;

/** All families on the host device against the interpreter. */
class AttentionTest {
    private static final HalfProducts PRODUCTS = new HalfProducts(TileChoice.RULE);
    static final List<Family> FAMILIES =
            List.of(new HeadAttention(), new WideAttention(PRODUCTS), new PlainAttention());
    /** Wide heads in blocks of 32 queries. */
    static final List<Family> IN_BLOCKS = List.of(new WideAttention(PRODUCTS, 0, 32));

    private static final Quantizer STATIC = new Quantizer(new AffineParams(0.011f, 130, 8), Optional.empty());

    /** @param padding columns beside those of queries, keys and values, which lie in one wide value */
    static OneStep run(
            DType type,
            DType out,
            int batch,
            int heads,
            int width,
            int queries,
            int keys,
            boolean causal,
            boolean biased,
            int padding,
            float hot,
            Device device,
            List<Family> families) {
        int features = heads * width;
        int tokens = Math.max(queries, keys) + 1;
        Value wide = new Value("wide", Shape.of(batch, tokens, 3 * features + padding), type);
        View all = View.of(wide);
        View query = all.slice(1, 1, 1 + queries).slice(2, padding, padding + features);
        View key = all.slice(1, 0, keys).slice(2, padding + features, padding + 2 * features);
        View value = all.slice(1, 0, keys).slice(2, padding + 2 * features, padding + 3 * features);
        Value result = new Value("out", Shape.of(batch, queries, features), out);
        Output output = out == DType.U8
                ? new Output.Levels(View.of(result), Optional.empty(), STATIC, 0)
                : new Output.Floats(View.of(result));
        Map<Value, Tensor> inputs = new LinkedHashMap<>();
        inputs.put(wide, random(wide, hot, 1));
        Optional<View> bias = Optional.empty();
        if (biased) {
            Value numbers = new Value("bias", Shape.of(1, heads, queries, keys), type);
            inputs.put(numbers, random(numbers, 1, 2));
            bias = Optional.of(View.of(numbers));
        }
        Attend step = new Attend(
                "attend",
                new Attention(heads, biased ? 1 : 1 / Math.sqrt(width), causal),
                query,
                key,
                value,
                bias,
                List.of(output));
        return OneStep.run(step, inputs, null, Map.of(), device, families);
    }

    private static Device host(DeviceInfo info) {
        return new HostDevice(info, Families.twins());
    }

    private static Tensor random(Value value, float scale, int seed) {
        Random random = new Random(seed);
        Tensor tensor = Tensor.zeros(DType.F32, value.shape());
        for (int i = 0; i < value.shape().elements(); i++) {
            tensor.buffer().putFloat(i * Float.BYTES, (float) random.nextGaussian() * scale);
        }
        return tensor.to(value.type());
    }

    @ParameterizedTest
    @CsvSource({
        "F16, F16, 2, 3, 64, 130, 77, false, false, 8, attention",
        "BF16, U8, 1, 2, 64, 37, 65, false, false, 0, attention",
        "F16, F32, 1, 10, 64, 1, 1, false, false, 16, attention",
        "F16, F16, 1, 2, 64, 77, 77, true, false, 8, attention",
        "F16, F16, 1, 2, 64, 20, 22, false, true, 8, attention",
        "F16, F16, 1, 2, 64, 20, 21, false, true, 8, plainAttention",
        "F16, F16, 2, 8, 40, 130, 70, false, false, 0, attention",
        "BF16, F32, 1, 2, 8, 70, 70, true, true, 8, attention",
        "BF16, BF16, 1, 2, 160, 33, 77, false, false, 8, attention",
        "F32, F32, 1, 2, 64, 20, 21, false, false, 8, plainAttention",
        "F16, F16, 1, 2, 64, 20, 21, false, false, 3, plainAttention",
        "F32, F32, 2, 4, 8, 9, 9, true, false, 0, plainAttention",
        "F32, U8, 1, 3, 20, 70, 13, false, false, 4, plainAttention",
        "F32, F32, 1, 1, 512, 40, 40, false, false, 0, plainAttention",
        "BF16, F32, 1, 1, 512, 12, 13, false, false, 4, plainAttention",
        "F16, F16, 3, 2, 40, 50, 6, false, false, 1, plainAttention",
        "F16, F16, 3, 2, 20, 50, 6, false, false, 0, plainAttention",
        "F32, F32, 1, 2, 16, 31, 31, false, true, 0, plainAttention",
        "F32, F32, 1, 1, 600, 5, 7, false, false, 0, plainAttention"
    })
    void asTheInterpreter(
            DType type,
            DType out,
            int batch,
            int heads,
            int width,
            int queries,
            int keys,
            boolean causal,
            boolean biased,
            int padding,
            String entry) {
        for (DeviceInfo info : List.of(OneStep.HOPPER, OneStep.AMPERE)) {
            OneStep step = run(
                    type, out, batch, heads, width, queries, keys, causal, biased, padding, 1, host(info), FAMILIES);
            assertThat(step.planned()).hasSize(1);
            assertThat(step.planned().get(0).kernel().entry()).isEqualTo(entry);
            if (out == DType.U8) {
                // Sums in double differ in the last bit only where an order differs: no level may.
                assertThat(step.found().get("out").buffer())
                        .isEqualTo(step.wanted().get("out").buffer());
            } else {
                assertThat(step.error("out")).isLessThan(out == DType.F32 ? 2e-6 : out == DType.F16 ? 1e-3 : 8e-3);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "F16, F16, 1, 1, 512, 40, 40, 0, 1",
        "BF16, BF16, 2, 1, 512, 37, 45, 8, 1",
        "BF16, F32, 1, 1, 512, 64, 71, 0, 1",
        "F16, F16, 2, 3, 176, 70, 9, 16, 1",
        "F16, F32, 1, 1, 168, 33, 64, 0, 12",
        "F16, U8, 1, 2, 200, 40, 129, 8, 1",
        "F16, F16, 1, 1, 512, 1, 1, 0, 1"
    })
    void wideHeads(
            DType type, DType out, int batch, int heads, int width, int queries, int keys, int padding, float hot) {
        for (DeviceInfo info : List.of(OneStep.HOPPER, OneStep.AMPERE)) {
            OneStep step = run(
                    type, out, batch, heads, width, queries, keys, false, false, padding, hot, host(info), IN_BLOCKS);
            int blocks = (queries + 31) / 32;
            assertThat(step.planned()).hasSize(1 + 3 * blocks * heads * batch);
            // Weights are rounded to halves before they multiply values.
            assertWithin(step, type == DType.F16 ? 2e-3 : 1.2e-2);
            OneStep whole = run(
                    type, out, batch, heads, width, queries, keys, false, false, padding, hot, host(info), FAMILIES);
            assertThat(whole.planned()).hasSize(1 + 3 * heads * batch);
            assertThat(whole.found().get("out").buffer())
                    .isEqualTo(step.found().get("out").buffer());
        }
    }

    /** Floats to a bound, levels to the neighbour. */
    static void assertWithin(OneStep step, double bound) {
        if (step.found().get("out").dtype() != DType.U8) {
            assertThat(step.error("out")).isLessThan(bound);
            return;
        }
        ByteBuffer found = step.found().get("out").buffer();
        ByteBuffer wanted = step.wanted().get("out").buffer();
        for (int i = 0; i < found.limit(); i++) {
            assertThat(Byte.toUnsignedInt(found.get(i))).isCloseTo(Byte.toUnsignedInt(wanted.get(i)), within(1));
        }
    }

    /** A launch that reads what the one before it wrote in the place of weights must not start early. */
    @Test
    void productsOfWideHeadsWait() {
        OneStep step =
                run(DType.F16, DType.F16, 1, 1, 512, 16, 16, false, false, 0, 1, host(OneStep.HOPPER), IN_BLOCKS);
        assertThat(step.planned().stream()
                        .filter(launch -> launch.kernel().entry().equals("gemmMma"))
                        .map(launch -> launch.geometry().early()))
                .containsExactly(false, false);
    }

    /** Scores of several hundred, as the first token of CLIP makes them: the softmax is one key's. */
    @Test
    void largeScores() {
        assertThat(run(DType.F32, DType.F32, 1, 2, 32, 9, 12, false, false, 0, 30, host(OneStep.HOPPER), FAMILIES)
                        .error("out"))
                .isLessThan(2e-6);
    }

    @Test
    void blocksAreChosenByTheSizeOfTheWork() {
        assertThat(form(1, 10, 4096)).isEqualTo(new Geometry(64, 10, 1, 128, 40960, true));
        assertThat(form(1, 10, 1024)).isEqualTo(new Geometry(8, 10, 1, 256, 49152, true));
        assertThat(form(1, 20, 256)).isEqualTo(new Geometry(4, 20, 1, 128, 40960, true));
        assertThat(form(1, 24, 1178)).isEqualTo(new Geometry(10, 24, 1, 128, 49152, true));
        assertThat(form(4, 10, 1024)).isEqualTo(new Geometry(16, 10, 4, 128, 40960, true));
    }

    private static Geometry form(int batch, int heads, int queries) {
        Value q = new Value("q", Shape.of(batch, queries, heads * 64), DType.F16);
        Value out = new Value("out", q.shape(), DType.F16);
        Attend step = new Attend(
                "attend",
                new Attention(heads, 0.125, false),
                View.of(q),
                View.of(q),
                View.of(q),
                Optional.empty(),
                List.of(new Output.Floats(View.of(out))));
        return HeadAttention.geometry(step, OneStep.HOPPER);
    }
}
