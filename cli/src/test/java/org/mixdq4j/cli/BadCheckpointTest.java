package org.mixdq4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mixdq4j.core.io.Json;

/** Quantized checkpoints that are damaged, edited, or of another model. */
class BadCheckpointTest {
    private static final String CONFIG = "quantization_config.json";

    @TempDir
    private Path folder;

    private Path checkpoint;

    @BeforeEach
    void link() {
        checkpoint = Shipped.linked(Shipped.checkpoint(), folder.resolve("w8a8"));
    }

    private Mixdq.Outcome infer(Path model, Path quantized) {
        Path picture = folder.resolve("picture.png");
        Mixdq.Outcome outcome = Mixdq.run(Mixdq.join(Shipped.infer(model, picture), "--quantized", quantized));
        assertThat(picture).doesNotExist();
        return outcome;
    }

    private void bothFail(String... parts) {
        infer(Shipped.MODEL, checkpoint).fails(1, parts);
        Mixdq.run("info", "--verify", checkpoint).fails(1, parts);
    }

    @Test
    void missing() {
        infer(Shipped.MODEL, folder.resolve("nowhere")).fails(1, "There is no quantized checkpoint");
    }

    @Test
    void folderThatIsNone() {
        infer(Shipped.MODEL, Shipped.calibration()).fails(1, "has no quantization_config.json");
    }

    @Test
    void ofAnotherModel() throws IOException {
        Path model = Shipped.linked(folder.resolve("model"));
        Damage.element(Shipped.own(model, Shipped.UNET_WEIGHTS), "conv_in.weight", 0, 0x3c00);
        infer(model, Shipped.checkpoint()).fails(1, "was made from a model whose unet is", "--model " + model);
    }

    @Test
    void configCut() throws IOException {
        Damage.cut(Shipped.own(checkpoint, CONFIG), 5000);
        bothFail(CONFIG + " is truncated");
    }

    @Test
    void configEmpty() throws IOException {
        Damage.cut(Shipped.own(checkpoint, CONFIG), 0);
        bothFail(CONFIG + " is empty");
    }

    static Stream<Arguments> edits() {
        String edited = "is not the one its weights were written with";
        return Stream.of(
                edit("another format", c -> c.put("format", "x"), "is of the format 'x'"),
                edit("a later version", c -> c.put("version", 9), "has format version 9"),
                edit("no layers", c -> c.putObject("layers"), "names no quantized layers"),
                edit("a path for a component", c -> c.put("component", "../x"), "names no model component"),
                edit("another component", c -> c.put("component", "vae"), "has no vae/"),
                edit("a short digest", c -> c.put("weights_sha256", "ab"), "holds no SHA-256 of the weights"),
                edit("another source", c -> source(c).put("unet", "00"), edited),
                edit("one layer less", c -> ((ObjectNode) c.get("layers")).remove("conv_in"), edited),
                edit("other bits", c -> layer(c).put("weight_bits", 4), edited),
                edit("other activation bits", c -> layer(c).put("activation_bits", 7), edited),
                edit("99 bits", c -> layer(c).put("weight_bits", 99), "weights are quantized to 2 to 8 bits, not 99"),
                edit("bits in words", c -> layer(c).put("weight_bits", "8"), "weight_bits is \"8\", not a number"),
                edit("another split", c -> layer(c).set("split", Json.parse("[2]", "split")), edited),
                edit("another BOS flag", c -> layer(c).put("bos", true), edited));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("edits")
    void configEditedTo(String what, Consumer<ObjectNode> edit, String found) throws IOException {
        Damage.json(Shipped.own(checkpoint, CONFIG), edit);
        bothFail(found);
    }

    @ParameterizedTest
    @ValueSource(ints = {5, 2_000, 2_000_000})
    void weightsCut(int bytes) throws IOException {
        Damage.cut(Shipped.own(checkpoint, Shipped.UNET_WEIGHTS), bytes);
        bothFail(Shipped.UNET_WEIGHTS);
    }

    @Test
    void weightsMissing() throws IOException {
        Files.delete(checkpoint.resolve(Shipped.UNET_WEIGHTS));
        bothFail("has no " + Shipped.UNET_WEIGHTS);
    }

    @Test
    void bitFlipped() throws IOException {
        Damage.flipBit(Shipped.own(checkpoint, Shipped.UNET_WEIGHTS), 2_000_000);
        Mixdq.run("info", "--verify", checkpoint).fails(1, "have the SHA-256", "was changed or damaged");
        Mixdq.run("info", "--verify", Shipped.checkpoint()).succeeds();
    }

    private static Arguments edit(String what, Consumer<ObjectNode> edit, String found) {
        return Arguments.of(what, edit, found);
    }

    private static ObjectNode layer(ObjectNode config) {
        return (ObjectNode) config.get("layers").get("conv_in");
    }

    private static ObjectNode source(ObjectNode config) {
        return (ObjectNode) config.get("source");
    }
}
