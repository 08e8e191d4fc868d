package org.mixdq4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mixdq4j.core.artifact.sensitivity.SensitivityFolder;
import org.mixdq4j.core.artifact.sensitivity.SensitivityFolder.Part;
import org.mixdq4j.core.artifact.sensitivity.SensitivityTable;
import org.mixdq4j.core.artifact.sensitivity.SizeTable;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.analysis.LayerGroup;
import org.mixdq4j.core.graph.analysis.LayerGroups;
import org.mixdq4j.core.graph.analysis.LayerSizes;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.network.source.ModelFingerprint;
import org.mixdq4j.core.network.source.ModelFolder;
import org.mixdq4j.core.pipeline.DiffusionNetwork;

/** {@code mixdq allocate} on folders of sensitivities and on models. */
class AllocateFolderTest {
    private static final Path PUBLISHED = Shipped.ROOT.resolve("util_files/published_sdxl_turbo");
    private static final Path SDXL = Shipped.ROOT.resolve("util_files/full_size/sdxl-turbo");

    @TempDir
    private Path temporary;

    private Path folder;
    private Path plan;

    @BeforeEach
    void names() {
        folder = temporary.resolve("sensitivity");
        plan = temporary.resolve("plan.yaml");
    }

    /** The published tables in our form: sizes as counts. */
    private SensitivityFolder published() throws IOException {
        Files.createDirectories(folder);
        SensitivityFolder ours = SensitivityFolder.open(folder);
        for (Part part : Part.values()) {
            String word = part == Part.WEIGHTS ? "weight" : "act";
            Files.copy(PUBLISHED.resolve("sensitivity_" + word + "_sqnr.yaml"), ours.sqnr(part));
            Files.copy(PUBLISHED.resolve("sensitivity_" + word + "_ssim.yaml"), ours.ssim(part));
            double unit = part == Part.WEIGHTS ? 11520 : 320;
            Path sizes = PUBLISHED.resolve(word + "_sizes.yaml");
            SizeTable read = SizeTable.read(sizes, OptionalDouble.empty(), unit);
            SizeTable.write(ours.sizes(part), List.of(), read.layers());
        }
        return ours;
    }

    /** Made-up sensitivities of the small model's weights at 4 and 8 bits. */
    private SensitivityFolder ofSmallModel() throws IOException {
        Files.createDirectories(folder);
        SensitivityFolder ours = SensitivityFolder.open(folder);
        Graph graph = DiffusionNetwork.of(ModelFolder.open(Shipped.MODEL)).defaultGraph();
        Map<String, Map<Integer, Double>> content = new LinkedHashMap<>();
        Map<String, Map<Integer, Double>> quality = new LinkedHashMap<>();
        LayerGroups.of(graph).forEach((id, group) -> {
            double some = Math.floorMod(id.hashCode(), 1000) / 2000.0;
            (group == LayerGroup.CONTENT ? content : quality).put(id, Map.of(4, some, 8, 0.5 + some));
        });
        SensitivityTable.write(ours.ssim(Part.WEIGHTS), List.of(), content);
        SensitivityTable.write(ours.sqnr(Part.WEIGHTS), List.of(), quality);
        SizeTable.write(ours.sizes(Part.WEIGHTS), List.of(), LayerSizes.weights(graph));
        Json.write(
                ours.summary(),
                Map.of(
                        "model",
                        ModelFingerprint.of(ModelFolder.open(Shipped.MODEL)).toJson(),
                        "calibration",
                        "ab12"));
        return ours;
    }

    private Mixdq.Outcome allocate(Object... more) {
        return Mixdq.run(Mixdq.join(new Object[] {"allocate", "--out", plan}, more));
    }

    private Object[] publishedTables(Object... more) {
        return Mixdq.join(
                new Object[] {
                    "--weights-sqnr",
                    PUBLISHED.resolve("sensitivity_weight_sqnr.yaml"),
                    "--weights-ssim",
                    PUBLISHED.resolve("sensitivity_weight_ssim.yaml"),
                    "--acts-sqnr",
                    PUBLISHED.resolve("sensitivity_act_sqnr.yaml"),
                    "--acts-ssim",
                    PUBLISHED.resolve("sensitivity_act_ssim.yaml")
                },
                more);
    }

    private Map<String, String> files() throws IOException {
        Map<String, String> files = new LinkedHashMap<>();
        for (String name : List.of("plan.yaml", "plan.acts.yaml", "plan.summary.json")) {
            files.put(name, Files.readString(temporary.resolve(name)));
        }
        return files;
    }

    @Test
    void folderModelAndTablesOfTheSameFiguresGiveTheSamePlans() throws IOException {
        allocate(publishedTables(
                        "--sizes",
                        PUBLISHED.resolve("weight_sizes.yaml"),
                        "--act-sizes",
                        PUBLISHED.resolve("act_sizes.yaml"),
                        "--bits",
                        4))
                .succeeds();
        Map<String, String> tables = files();
        published();
        allocate("--sensitivity", folder, "--bits", 4).succeeds();
        assertThat(files()).isEqualTo(tables);
        allocate(publishedTables("--model", SDXL, "--bits", 4)).succeeds();
        assertThat(files()).isEqualTo(tables);
        assertThat(tables.get("plan.yaml").lines()).hasSize(794);
        assertThat(tables.get("plan.acts.yaml").lines()).hasSize(785);
        assertThat(Json.read(temporary.resolve("plan.summary.json")).has("model"))
                .isFalse();
    }

    @Test
    void aPlanSaysWhatItWasMeasuredOn() throws IOException {
        SensitivityFolder ours = ofSmallModel();
        allocate("--sensitivity", folder, "--model", Shipped.MODEL, "--bits", 6).succeeds();
        JsonNode summary = Json.read(temporary.resolve("plan.summary.json"));
        assertThat(summary.get("model")).isEqualTo(Json.read(ours.summary()).get("model"));
        assertThat(summary.get("calibration").asText()).isEqualTo("ab12");
        assertThat(summary.at("/weights/average_bits").asDouble()).isBetween(5.9, 6.0);
        assertThat(Files.readString(plan).lines()).hasSize(263).allMatch(line -> line.matches("model\\..*: [48]"));
        assertThat(temporary.resolve("plan.acts.yaml")).doesNotExist();
    }

    @Test
    void sensitivitiesOfAnotherModelAreRefused() throws IOException {
        SensitivityFolder ours = ofSmallModel();
        Path summary = ours.summary();
        Files.writeString(summary, Files.readString(summary).replaceFirst("(\"unet\": \")\\w{12}", "$1000000000000"));
        allocate("--sensitivity", folder, "--model", Shipped.MODEL, "--bits", 6)
                .fails(1, folder.toString(), "whose unet is 000000000000", Shipped.MODEL.toString());
        Json.write(summary, Map.of("model", "abc"));
        allocate("--sensitivity", folder, "--bits", 6).fails(1, summary.toString(), "'model'");
        allocate(publishedTables("--model", Shipped.MODEL, "--bits", 6))
                .fails(1, "the layer down_blocks.", "_ssim.yaml is missing in " + Shipped.MODEL);
        assertThat(plan).doesNotExist();
    }

    @Test
    void candidatesAreThoseOfMixdqThatWereMeasured() throws IOException {
        SensitivityFolder ours = ofSmallModel();
        allocate("--sensitivity", folder, "--bits", 3).fails(2, "4.0000 to 8.0000 are feasible");
        Path ssim = ours.ssim(Part.WEIGHTS);
        Files.writeString(ssim, Files.readString(ssim).replace("# bits: 4, 8", "# bits: 3, 6"));
        allocate("--sensitivity", folder, "--bits", 6).fails(2, "the content group", "[3, 6]", "--content-bits");
        allocate("--sensitivity", folder, "--bits", 6, "--content-bits", "3,6").succeeds();
    }

    @Test
    void partsOfAFolderThatAreMissingAreNamed() throws IOException {
        allocate("--sensitivity", folder, "--bits", 4).fails(2, "there is no sensitivity folder " + folder);
        SensitivityFolder ours = published();
        Files.delete(ours.ssim(Part.ACTIVATIONS));
        allocate("--sensitivity", folder, "--bits", 4).fails(2, "there is no sensitivity file", "acts_ssim.yaml");
        Files.delete(ours.sqnr(Part.ACTIVATIONS));
        Files.delete(ours.sizes(Part.ACTIVATIONS));
        allocate("--sensitivity", folder, "--bits", 4, "--act-bits", 7).fails(2, "there are none in " + folder);
        Files.delete(ours.sizes(Part.WEIGHTS));
        allocate("--sensitivity", folder, "--bits", 4).fails(2, "there is no size file", "weights_sizes.yaml");
    }

    @Test
    void whatIsGivenTwiceOrNotAtAllIsWrongUsage() throws IOException {
        published();
        allocate("--bits", 4).fails(2, "the table --weights-sqnr is missing", "--sensitivity");
        allocate("--sensitivity", folder, "--sizes", "x.yaml", "--bits", 4).fails(2, "either the folder or the tables");
        allocate(publishedTables("--model", SDXL, "--sizes", "x.yaml", "--bits", 4))
                .fails(2, "sizes were given as a table and by --model");
        allocate(publishedTables("--sizes", PUBLISHED.resolve("weight_sizes.yaml"), "--bits", 4))
                .fails(2, "the table --act-sizes (or --model) is missing");
    }
}
