package org.mixdq4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.metrics.Sqnr;
import org.mixdq4j.core.safetensors.SafetensorsFile;

/** {@code mixdq ptq} by plans, and {@code mixdq infer} with what it made. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PlannedBitsTest {
    private static final Path MIXED = Shipped.ROOT.resolve("configs/schemes/mixed.yaml");

    @TempDir
    private Path shared;

    @TempDir
    private Path folder;

    private static List<String> layers() {
        JsonNode config = Json.read(Shipped.checkpoint().resolve("quantization_config.json"));
        List<String> ids = new ArrayList<>();
        config.path("layers").fieldNames().forEachRemaining(ids::add);
        return ids;
    }

    private static Path plan(Path file, Function<String, Integer> bits) throws IOException {
        Files.createDirectories(file.getParent());
        String text = layers().stream()
                .map(id -> "model." + id + ": " + bits.apply(id) + "\n")
                .collect(Collectors.joining());
        return Files.writeString(file, text);
    }

    private Object[] ptq(Path scheme, Path out, Object... more) {
        return Mixdq.join(Shipped.ptq(Shipped.MODEL, Shipped.calibration(), scheme, out), more);
    }

    private Path draw(Path checkpoint, String name, Object... more) {
        Path latents = folder.resolve(name + ".safetensors");
        Object[] infer = Shipped.infer(Shipped.MODEL, folder.resolve(name + ".png"));
        Mixdq.run(Mixdq.join(
                        Mixdq.join(infer, "--quantized", checkpoint, "--save-latents", latents, "--seed", 7), more))
                .succeeds();
        return latents;
    }

    private static double decibels(Path reference, Path test) {
        try (SafetensorsFile a = SafetensorsFile.open(reference);
                SafetensorsFile b = SafetensorsFile.open(test)) {
            return Sqnr.of(
                    a.tensor("step0.model_output").toFloatArray(),
                    b.tensor("step0.model_output").toFloatArray());
        }
    }

    @Test
    void aPlanAndThePlanOfActivationsBesideItBecomeACheckpointThatDraws() throws IOException {
        Path plan = plan(folder.resolve("plan.yaml"), id -> id.contains("attn") ? 4 : 8);
        plan(folder.resolve("plan.acts.yaml"), id -> id.startsWith("conv_") ? 16 : 8);
        Path out = folder.resolve("mixed");
        Mixdq.Outcome outcome = Mixdq.run(ptq(MIXED, out, "--plan", plan)).succeeds();

        Map<String, Long> forms = layers().stream()
                .collect(Collectors.groupingBy(
                        id -> (id.contains("attn") ? "W4" : "W8") + (id.startsWith("conv_") ? "A16" : "A8"),
                        TreeMap::new,
                        Collectors.counting()));
        assertThat(forms).containsOnlyKeys("W4A8", "W8A16", "W8A8");
        assertThat(outcome.out())
                .contains(forms.get("W4A8") + " W4A8, 2 W8A16, " + forms.get("W8A8") + " W8A8")
                .contains("bits a weight");
        JsonNode summary = Json.read(out.resolve("summary.json"));
        assertThat(summary.at("/plan/acts").asText()).isEqualTo("plan.acts.yaml");
        assertThat(summary.at("/average_weight_bits").asDouble()).isBetween(4.0, 8.0);
        long tensors = 0;
        for (JsonNode form : summary.path("bytes_by_form")) {
            tensors += form.asLong();
        }
        assertThat(summary.path("bytes_quantized").asLong()).isBetween(tensors, tensors + 300_000);
        double agreement = decibels(draw(out, "int8"), draw(out, "simulated", "--execution", "simulated"));
        assertThat(agreement).isGreaterThan(100);
    }

    @Test
    void theSchemeOfFourBitWeightsAloneDraws() throws IOException {
        Path scheme = Files.writeString(
                folder.resolve("quick.yaml"),
                Files.readString(Shipped.ROOT.resolve("configs/schemes/w4a16.yaml"))
                        .replace("worst: 0.01", "worst: 0"));
        Path out = folder.resolve("w4a16");
        assertThat(Mixdq.run(ptq(scheme, out)).succeeds().out()).contains("Layers: 263 W4A16");
        Path drawn = draw(out, "w4a16");
        Object[] infer = Shipped.infer(Shipped.MODEL, folder.resolve("float.png"));
        Path reference = folder.resolve("float.safetensors");
        Mixdq.run(Mixdq.join(infer, "--save-latents", reference, "--seed", 7)).succeeds();
        assertThat(decibels(reference, drawn)).isBetween(12.0, 60.0);
    }

    @Test
    void theBestOfAFolderIsQuantizedAndAllAreListed() throws IOException {
        Path candidates = folder.resolve("plan.candidates");
        plan(candidates.resolve("weights_000.yaml"), id -> 2);
        plan(candidates.resolve("weights_001.yaml"), id -> 8);
        plan(candidates.resolve("acts_000.yaml"), id -> 8);
        Files.writeString(
                candidates.resolve("frontier.json"),
                "{\"weights\": [{\"file\": \"weights_000.yaml\"}, {\"file\": \"weights_001.yaml\"}],"
                        + " \"acts\": [{\"file\": \"acts_000.yaml\"}]}");
        Path out = folder.resolve("best");
        Mixdq.Outcome outcome = Mixdq.run(ptq(MIXED, out, "--plans", candidates, "--rank-rows", 2))
                .succeeds();
        assertThat(outcome.out())
                .contains("Plans of weights, the best of 2:", "  1. weights_001.yaml: 8.000 bits", "pictures")
                .contains("Plans of acts, the best of 1:", "Layers: 263 W8A8");
        assertThat(outcome.out().lines().count()).isLessThanOrEqualTo(15);
        JsonNode ranked = Json.read(out.resolve("summary.json")).path("candidates");
        assertThat(ranked).hasSize(3);
        assertThat(ranked.get(1).path("name").asText()).isEqualTo("weights_000.yaml");
        assertThat(ranked.get(1).path("rank").asInt()).isEqualTo(2);
        Mixdq.run(ptq(MIXED, folder.resolve("none"), "--plans", candidates, "--bits", 5))
                .fails(2, "weights of 4.70 to 5.00 bits on average, they have 2.00 to 8.00");
    }

    private Path given(String name) throws IOException {
        Path plan = shared.resolve("good").resolve("plan.yaml");
        return switch (name) {
            case "good" -> Files.exists(plan) ? plan : plan(plan, id -> 8);
            case "foreign" -> {
                write("foreign/plan.summary.json", "{\"model\": {\"unet\": \"" + "ab".repeat(32) + "\"}}");
                yield plan(shared.resolve("foreign/plan.yaml"), id -> 8);
            }
            case "unknown" -> write("unknown.yaml", Files.readString(given("good")) + "model.conv_inn: 8\n");
            case "cut" -> write("cut.yaml", "model.conv_in: 8\n");
            case "nan" -> write("nan.yaml", Files.readString(given("good")).replace("conv_in: 8", "conv_in: .nan"));
            case "nine" -> write("nine.yaml", Files.readString(given("good")).replace("conv_in: 8", "conv_in: 9"));
            case "twice" -> write("twice.yaml", Files.readString(given("good")) + "model.conv_in: 4\n");
            default -> shared.resolve(name);
        };
    }

    private Path write(String name, String text) throws IOException {
        Files.createDirectories(shared.resolve(name).getParent());
        return Files.writeString(shared.resolve(name), text);
    }

    @ParameterizedTest(name = "{0} {1} {2}")
    @CsvSource(
            delimiter = '|',
            value = {
                "unknown | ''                    | 1 | gives bits to the layer 'conv_inn'",
                "cut     | ''                    | 1 | says nothing of the layer '",
                "nan     | ''                    | 1 | has NaN for the layer conv_in",
                "nine    | ''                    | 1 | gives the layer 'conv_in' 9 bits, which no quantizer here has",
                "twice   | ''                    | 1 | names the layer conv_in twice",
                "foreign | ''                    | 1 | was made for a model whose ",
                "nowhere | ''                    | 2 | there is no bit plan file",
                "good    | --plans .             | 2 | Both --plan and --plans are given",
                "good    | --rank-by ssim        | 2 | are given without --plans",
                "good    | --bits 4              | 2 | are given without --plans",
                "good    | --acts-plan nothing   | 2 | there is no bit plan file nothing",
                "''      | --protect             | 2 | are given without --plan or --plans",
                "''      | --acts-plan x.yaml    | 2 | are given without --plan or --plans",
                "''      | --plans nowhere       | 2 | has no frontier.json",
                "''      | --plans . --rank-by x | 2 | --rank-by is x; give psnr, ssim, sqnr",
                "''      | --plans . --rank-rows 0 | 2 | --rank-rows",
                "''      | --plans . --bits NaN  | 2 | --bits is NaN; give an average",
                "''      | --plans . --max-bytes 0 | 2 | --max-bytes is 0; give 1 or more",
            })
    void whatIsWrongIsOneSentence(String plan, String options, int code, String message) throws IOException {
        Object[] given = plan.isEmpty() ? new Object[0] : new Object[] {"--plan", given(plan)};
        Object[] more = options.isEmpty() ? new Object[0] : options.split(" ");
        if (options.startsWith("--plans . ")) {
            Path candidates = shared.resolve("c.candidates");
            plan(candidates.resolve("weights_000.yaml"), id -> 8);
            write("c.candidates/frontier.json", "{\"weights\": [{\"file\": \"weights_000.yaml\"}]}");
            more[1] = candidates.toString();
        }
        Path out = folder.resolve("out");
        Mixdq.run(Mixdq.join(ptq(MIXED, out, given), more)).fails(code, message);
        assertThat(out).doesNotExist();
        assertThat(folder.resolve("out.partial")).doesNotExist();
    }

    @Test
    void aPlanThatTheSchemeContradictsIsRefused() throws IOException {
        Path plan = given("good");
        Path weights = write("w16.yaml", "weights: {bits: 16}\n");
        Mixdq.run(ptq(weights, folder.resolve("out"), "--plan", plan)).fails(2, "leaves all weights in float");
        Path acts = write("a16.yaml", "activations: {bits: 16}\n");
        Mixdq.run(ptq(acts, folder.resolve("out"), "--plan", plan, "--acts-plan", plan))
                .fails(2, "leaves inputs in float", "--acts-plan");
        Path both = write("f16.yaml", "{weights: {bits: 16}, activations: {bits: 16}}\n");
        Mixdq.run(ptq(both, folder.resolve("out"))).fails(2, "there is nothing to quantize");
    }
}
