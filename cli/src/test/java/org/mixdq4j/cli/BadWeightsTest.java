package org.mixdq4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mixdq4j.core.io.Json;

/** Weights files that are cut, lie about themselves, or hold numbers nothing can be computed with. */
class BadWeightsTest {
    private static final String TENSOR = "mid_block.attentions.0.proj_in.weight";
    private static final int F16_NAN = 0x7e00;

    @TempDir
    private Path folder;

    private Path model;

    @BeforeEach
    void link() {
        model = Shipped.linked(folder.resolve("model"));
    }

    private Path weights() throws IOException {
        return Shipped.own(model, Shipped.UNET_WEIGHTS);
    }

    private Mixdq.Outcome infer() {
        Path picture = folder.resolve("picture.png");
        Mixdq.Outcome outcome = Mixdq.run(Shipped.infer(model, picture));
        assertThat(picture).doesNotExist();
        return outcome;
    }

    @Test
    void cutInHalf() throws IOException {
        Path file = weights();
        Damage.cut(file, Files.size(file) / 2);
        infer().fails(1, "is truncated: it has", "its header promises", "copy or download it again");
        Mixdq.run("info", model).fails(1, "is truncated");
        Mixdq.run(Shipped.calibrate(model, folder.resolve("calib"))).fails(1, "is truncated");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 5, 1000})
    void cutInTheHeader(int bytes) throws IOException {
        Damage.cut(weights(), bytes);
        infer().fails(1, "is not a valid safetensors file", "copy, download or write it again");
    }

    static Stream<Arguments> lies() {
        return Stream.of(
                lie("offsets that span too little", t -> offsets(t).set(0, number(t, 0, 4)), "its data_offsets span"),
                lie("overlapping offsets", t -> shift(t, -4), "overlap at byte"),
                lie("offsets beyond the end", t -> shift(t, 1_000_000_000L), "is truncated"),
                lie("a negative offset", t -> offsets(t).set(0, IntNode.valueOf(-5)), "negative number -5"),
                lie("a larger shape", t -> ((ArrayNode) t.get("shape")).set(0, IntNode.valueOf(65)), "needs"),
                lie(
                        "a shape beyond 64 bits",
                        t -> t.set("shape", Json.parse("[1099511627776, 1099511627776]", "shape")),
                        "overflows 64 bits"),
                lie("an unknown type", t -> t.put("dtype", "F7"), "has the type F7, which is not supported"),
                lie("no offsets", t -> t.remove("data_offsets"), "lacks a dtype, a shape or a pair of data_offsets"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("lies")
    void headerLiesWith(String what, Consumer<ObjectNode> lie, String found) throws IOException {
        Damage.header(weights(), header -> lie.accept((ObjectNode) header.get(TENSOR)));
        infer().fails(1, Shipped.UNET_WEIGHTS, found);
    }

    @Test
    void headerLeavesDataOut() throws IOException {
        Damage.header(weights(), header -> header.remove(TENSOR));
        infer().fails(1, "there is a hole of");
    }

    @Test
    void tensorOfAnotherName() throws IOException {
        Damage.header(weights(), header -> header.set("other", header.remove(TENSOR)));
        infer().fails(1, "have no tensor '" + TENSOR + "'", "do not belong together");
    }

    @ParameterizedTest
    @CsvSource({"-10,ends in the middle", "8,is not JSON"})
    void headerLengthOffBy(int off, String found) throws IOException {
        Path file = weights();
        Damage.headerLength(file, 72_184 + off);
        infer().fails(1, "is not a valid safetensors file", found);
    }

    @ParameterizedTest
    @ValueSource(longs = {Long.MIN_VALUE, Long.MAX_VALUE, 7_000_000_000L})
    void headerLengthAbsurd(long length) throws IOException {
        Damage.headerLength(weights(), length);
        infer().fails(1, "promise a header of " + Long.toUnsignedString(length) + " bytes");
    }

    @Test
    void trailingBytes() throws IOException {
        Path file = weights();
        Damage.cut(file, Files.size(file) + 4);
        infer().fails(1, "goes on for 4 bytes after the last tensor");
    }

    @ParameterizedTest
    @ValueSource(strings = {"unet", "vae", "text_encoder", "text_encoder_2"})
    void missing(String component) throws IOException {
        String name = component.startsWith("text") ? "model" : "diffusion_pytorch_model";
        Files.delete(model.resolve(component).resolve(name + ".safetensors"));
        infer().fails(1, "no .safetensors file in", component);
    }

    @Test
    void shardOfAnIndexMissing() throws IOException {
        Path file = weights();
        String shard = "diffusion_pytorch_model-00001-of-00002.safetensors";
        ObjectNode map = Json.mapper().createObjectNode();
        Damage.header(file, header -> header.fieldNames()
                .forEachRemaining(
                        name -> map.put(name, name.equals(TENSOR) ? shard.replace("-00001-", "-00002-") : shard)));
        map.remove("__metadata__");
        Files.move(file, file.resolveSibling(shard));
        Json.write(file.resolveSibling("diffusion_pytorch_model.safetensors.index.json"), Map.of("weight_map", map));
        infer().fails(1, "the shard", "-00002-of-00002.safetensors", "is missing; download it");
    }

    @Test
    void notANumber() throws IOException {
        Damage.element(weights(), TENSOR, 10, F16_NAN);
        String found = "The weight '" + TENSOR + "' holds NaN or infinity";
        Path calib = folder.resolve("calib");
        infer().fails(1, found);
        Mixdq.run(Shipped.calibrate(model, calib)).fails(1, found);
        assertThat(calib.resolve("manifest.json")).doesNotExist();
        Path out = folder.resolve("w8a8");
        Mixdq.run(Shipped.ptq(model, Shipped.calibration(), Shipped.scheme(), out))
                .fails(1, found);
        assertThat(out).doesNotExist();
        Mixdq.Outcome info = Mixdq.run("info", "--verify", model).fails(1, "hold NaN or infinity");
        assertThat(info.out()).contains("DAMAGED: " + TENSOR + " holds 1 values");
    }

    private static Arguments lie(String what, Consumer<ObjectNode> lie, String found) {
        return Arguments.of(what, lie, found);
    }

    private static ArrayNode offsets(ObjectNode tensor) {
        return (ArrayNode) tensor.get("data_offsets");
    }

    private static JsonNode number(ObjectNode tensor, int which, long more) {
        return LongNode.valueOf(offsets(tensor).get(which).asLong() + more);
    }

    private static void shift(ObjectNode tensor, long by) {
        offsets(tensor).set(0, number(tensor, 0, by));
        offsets(tensor).set(1, number(tensor, 1, by));
    }
}
