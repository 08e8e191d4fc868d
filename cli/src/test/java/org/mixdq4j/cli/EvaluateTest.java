package org.mixdq4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.io.Sha256;

/** {@code mixdq evaluate} of the shipped model and its W8A8 checkpoint, with every judge. Pictures of 32 x 32. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EvaluateTest {
    private static final Path CLIP = Shipped.ROOT.resolve("util_files/models/tiny-clip-score");
    private static final Path REAL = Shipped.ROOT.resolve("util_files/captions/shapes_val");

    private Path folder;

    private JsonNode both;

    @BeforeAll
    void evaluateBoth(@TempDir Path shared) {
        folder = shared;
        Path scheme = Shipped.ROOT.resolve("configs/schemes/w8a8-naive.yaml");
        Mixdq.run(Shipped.ptq(Shipped.MODEL, Shipped.calibration(), scheme, naive()))
                .succeeds();
        Mixdq.Outcome outcome = evaluate("both", "--quantized", "w8=" + Shipped.checkpoint(), "--quantized", naive());
        both = Json.parse(outcome.out(), "standard output");
    }

    private Path naive() {
        return folder.resolve("naive");
    }

    static Object[] command(Path out, Object... more) {
        return Mixdq.join(
                new Object[] {
                    "evaluate",
                    "--model",
                    Shipped.MODEL,
                    "--captions",
                    Shipped.CAPTIONS,
                    "--count",
                    5,
                    "--skip",
                    4,
                    "--height",
                    32,
                    "--width",
                    32,
                    "--out",
                    out
                },
                more);
    }

    private Mixdq.Outcome evaluate(String out, Object... variants) {
        Object[] judged = Mixdq.join(
                variants,
                "--clip",
                CLIP,
                "--reference",
                REAL,
                "--lpips",
                BadEvaluateArgumentsTest.resource("l2.pt"),
                "--resamples",
                8,
                "--json");
        return Mixdq.run(command(folder.resolve(out), judged)).succeeds();
    }

    private JsonNode variant(String name) {
        return StreamSupport.stream(both.path("variants").spliterator(), false)
                .filter(v -> v.path("name").asText().equals(name))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void fileSaysWhatWasAsked() {
        ObjectNode printed = both.deepCopy();
        assertThat(printed.remove("report").asText())
                .isEqualTo(folder.resolve("both/report.html").toString());
        assertThat(Json.read(folder.resolve("both/evaluation.json"))).isEqualTo(printed);
        assertThat(both.path("format").asText()).isEqualTo("mixdq4j-evaluation");
        assertThat(both.path("version").asInt()).isEqualTo(1);
        assertThat(both.path("captions").asText()).isEqualTo("captions_shapes_val.json");
        assertThat(both.path("count").asInt()).isEqualTo(5);
        assertThat(both.path("skip").asInt()).isEqualTo(4);
        assertThat(both.path("seed").asInt()).isEqualTo(42);
        assertThat(both.path("steps").asInt()).isEqualTo(1);
        assertThat(both.path("clip").path("name").asText()).isEqualTo("tiny-clip-score");
        assertThat(both.path("clip").path("sha256").asText()).isEqualTo(Sha256.of(CLIP.resolve("model.safetensors")));
        assertThat(both.path("fid_features").path("count").asInt()).isEqualTo(96);
        assertThat(both.path("scores")).extracting(JsonNode::asText).containsExactly("clip_score", "brightness");
        assertThat(both.path("warnings").get(0).asText()).contains("FID of 5 pictures with 96 features");
        assertThat(both.path("float").path("bytes").asLong()).isEqualTo(14_476_432);
        assertThat(both.path("reference").path("pictures").asInt()).isEqualTo(300);
        assertThat(both.path("reference").path("captioned").asInt()).isBetween(1, 5);
    }

    @Test
    void everyFigureOfAVariantIsThere() {
        JsonNode w8 = variant("w8");
        for (String metric : List.of(
                "ssim",
                "psnr",
                "lpips",
                "clip_score",
                "clip_score_difference",
                "brightness",
                "brightness_difference")) {
            assertThat(w8.path(metric).path("mean").isNumber()).as(metric).isTrue();
            assertThat(w8.path(metric).path("se").asDouble()).as(metric).isPositive();
        }
        for (String metric : List.of("fid_float", "fid_reference")) {
            assertThat(w8.path(metric).path("value").asDouble()).as(metric).isPositive();
            assertThat(w8.path(metric).path("se").asDouble()).as(metric).isPositive();
        }
        assertThat(w8.path("layers").path("W8A8").asInt()).isEqualTo(263);
        assertThat(w8.path("bytes").asLong())
                .isEqualTo(Shipped.checkpoint()
                        .resolve(Shipped.UNET_WEIGHTS)
                        .toFile()
                        .length());
        assertThat(w8.path("output_sqnr_db").asDouble()).isBetween(20.0, 60.0);
        double difference = w8.path("clip_score").path("mean").asDouble()
                - both.path("float").path("clip_score").path("mean").asDouble();
        assertThat(w8.path("clip_score_difference").path("mean").asDouble()).isCloseTo(difference, within(1e-9));
    }

    @Test
    void worseSchemeComesOutWorse() {
        JsonNode w8 = variant("w8");
        JsonNode naive = variant("naive");
        assertThat(naive.path("output_sqnr_db").asDouble())
                .isLessThan(w8.path("output_sqnr_db").asDouble());
        assertThat(naive.path("ssim").path("mean").asDouble())
                .isLessThan(w8.path("ssim").path("mean").asDouble());
        assertThat(naive.path("lpips").path("mean").asDouble())
                .isGreaterThan(w8.path("lpips").path("mean").asDouble());
    }

    @Test
    void picturesAndTheirLinesAreThere() throws IOException {
        Path out = folder.resolve("both");
        for (String set : List.of("float", "w8", "naive")) {
            for (int i = 0; i < 5; i++) {
                assertThat(out.resolve("images").resolve(set).resolve("0000" + i + ".png"))
                        .exists();
            }
        }
        List<String> lines = Files.readAllLines(out.resolve("images.csv"));
        assertThat(lines).hasSize(1 + 3 * 5);
        assertThat(lines.get(0))
                .isEqualTo("variant,index,caption_id,seed,ssim,psnr_db,latent_sqnr_db,output_sqnr_db,lpips,"
                        + "clip_score,brightness,caption");
        assertThat(lines.get(1)).startsWith("float,0,").contains(",,,,,");
        assertThat(lines.get(6)).startsWith("w8,0,").doesNotContain(",,");
        Set<String> names = new TreeSet<>();
        try (var entries = Files.list(out)) {
            entries.forEach(e -> names.add(e.getFileName().toString()));
        }
        assertThat(names).containsExactly("evaluation.json", "images", "images.csv", "report.html");
        assertThat(folder.resolve("both.partial")).doesNotExist();
    }

    @Test
    void orderAndBatchSizeDoNotCount() throws IOException {
        Mixdq.Outcome outcome = evaluate(
                "reversed", "--quantized", naive(), "--quantized", "w8=" + Shipped.checkpoint(), "--batch-size", 2);
        ObjectNode reversed = (ObjectNode) Json.parse(outcome.out(), "standard output");
        for (JsonNode variant : reversed.path("variants")) {
            assertThat(untimed(variant))
                    .isEqualTo(untimed(variant(variant.path("name").asText())));
        }
        assertThat(untimed(reversed.path("float"))).isEqualTo(untimed(both.path("float")));
        Map<String, String> first = Shipped.digests(folder.resolve("both/images"));
        assertThat(Shipped.digests(folder.resolve("reversed/images"))).isEqualTo(first);
    }

    @Test
    void whatAStoppedRunLeftIsNotKept() throws IOException {
        Path left = folder.resolve("anew.partial/images/w8a8/00099.png");
        Files.createDirectories(left.getParent());
        Files.writeString(left, "half");
        Mixdq.run(command(folder.resolve("anew"), "--quantized", Shipped.checkpoint()))
                .succeeds();
        assertThat(folder.resolve("anew/images/w8a8/00004.png")).exists();
        assertThat(folder.resolve("anew/images/w8a8/00099.png")).doesNotExist();
        assertThat(folder.resolve("anew.partial")).doesNotExist();
    }

    private static JsonNode untimed(JsonNode result) {
        return ((ObjectNode) result.deepCopy()).without("seconds_per_step");
    }

    @Test
    void withoutJudgesOnlyPairsAreCompared() {
        Path out = folder.resolve("pairs");
        Mixdq.Outcome outcome = Mixdq.run(command(out, "--quantized", Shipped.checkpoint(), "--simulated"))
                .succeeds();
        assertThat(outcome.out()).contains("SSIM", "±", "output SQNR").doesNotContain("CLIP score", "FID", "LPIPS");
        JsonNode json = Json.read(out.resolve("evaluation.json"));
        assertThat(json.path("execution").asText()).isEqualTo("simulated");
        assertThat(json.path("variants").get(0).path("name").asText()).isEqualTo("w8a8");
        for (String absent : List.of("clip", "reference", "fid_features", "warnings")) {
            assertThat(json.has(absent)).as(absent).isFalse();
        }
        assertThat(json.path("variants").get(0).has("lpips")).isFalse();
    }

    @Test
    void featuresOfATorchScriptTakeThePlaceOfClips() {
        Path out = folder.resolve("scripted");
        Mixdq.Outcome outcome = Mixdq.run(command(
                        out,
                        "--quantized",
                        Shipped.checkpoint(),
                        "--inception",
                        BadEvaluateArgumentsTest.resource("colours.pt"),
                        "--resamples",
                        0))
                .succeeds();
        assertThat(outcome.out()).contains("FID to float");
        JsonNode json = Json.read(out.resolve("evaluation.json"));
        assertThat(json.path("fid_features").path("description").asText()).isEqualTo("output of colours.pt");
        assertThat(json.path("fid_features").path("count").asInt()).isEqualTo(6);
        JsonNode fid = json.path("variants").get(0).path("fid_float");
        assertThat(fid.path("value").asDouble()).isPositive();
        assertThat(fid.has("se")).isFalse();
    }

    @Test
    void finishedResultIsReplacedOnRequestOnly() {
        Path out = folder.resolve("again");
        Object[] command = command(out, "--quantized", Shipped.checkpoint());
        Mixdq.run(command).succeeds();
        Mixdq.run(command).fails(2, "There is an evaluation in " + out, "--overwrite");
        Mixdq.run(Mixdq.join(command, "--overwrite")).succeeds();
        assertThat(folder.resolve("again.partial")).doesNotExist();
    }
}
