package org.mixdq4j.core.artifact.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mixdq4j.core.artifact.sensitivity.Provenance;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.GraphBuilder;
import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.network.source.ModelFingerprint;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;

class BitPlanFileTest {
    private static final ModelFingerprint MODEL = new ModelFingerprint(Map.of("unet", "11aa", "vae", "22bb"));

    @TempDir
    private Path folder;

    private Path plan(String text) throws IOException {
        return Files.writeString(folder.resolve("plan.yaml"), text);
    }

    private static Graph graph() {
        GraphBuilder graph = new GraphBuilder("Small");
        GraphBuilder.Value x = graph.input("x", DType.F32, Shape.of(1, 2));
        GraphBuilder.Value a = graph.add("a.to_out.0", new Linear(2, 2, false), x);
        graph.output("y", graph.module("a", a));
        return graph.build();
    }

    @Test
    void isReadAsItWasWritten() throws IOException {
        Path file = folder.resolve("plan.yaml");
        BitPlanFile.write(file, Map.of("conv_out", 4, "a.to_out.0", 8));
        assertThat(file).hasContent("model.a.to_out.0: 8\nmodel.conv_out: 4\n");
        BitPlanFile read = BitPlanFile.read(file);
        assertThat(read.bits()).isEqualTo(Map.of("conv_out", 4, "a.to_out.0", 8));
        assertThat(read.provenance()).isEqualTo(Provenance.UNKNOWN);
        assertThat(BitPlanFile.read(plan("a.to_out.0: 2")).bits()).isEqualTo(Map.of("a.to_out.0", 2));
        assertThat(BitPlanFile.read(plan("{a: 16}")).bits()).isEqualTo(Map.of("a", BitPlanFile.FLOAT));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "model.a.b: .nan|has NaN for the layer a.b where bits",
                "model.a.b: 4.0|has 4.0 for the layer a.b",
                "model.a.b: 0|has 0 for the layer a.b",
                "model.a.b: 17|has 17 for the layer a.b",
                "model.a.b: -4|has -4 for the layer a.b",
                "model.a.b: 99999999999|has 99999999999 for the layer a.b",
                "model.a.b: float|has float for the layer a.b",
                "model.a.b: [4]|has [4] for the layer a.b",
                "model.a.b:|has nothing for the layer a.b",
                "{model.a.b: 4, model.a.b: 4}|names the layer a.b twice",
                "{model.a.b: 4, a.b: 8}|names the layer a.b twice",
                "8|holds no map"
            })
    void wrongLinesAreNamed(String text, String sentence) throws IOException {
        Path file = plan(text);
        assertThatThrownBy(() -> BitPlanFile.read(file))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining(sentence)
                .message()
                .doesNotContain("\n");
    }

    @Test
    void layersTheNetworkLacksAreNamed() throws IOException {
        BitPlanFile.read(plan("model.a.to_out.0: 8")).requireLayersOf(graph());
        // The path of a module whose output a layer computes is no layer's.
        BitPlanFile foreign = BitPlanFile.read(plan("model.a: 8"));
        assertThatThrownBy(() -> foreign.requireLayersOf(graph()))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("names the layer a, which this Small lacks");
    }

    @ParameterizedTest
    @CsvSource({"plan.yaml", "plan.yml", "plan.acts.yaml", "plan.candidates/weights_000.yaml"})
    void everyFileOfAPlanKnowsItsModel(String name) throws IOException {
        Path file = folder.resolve(name);
        BitPlanFile.write(file, Map.of("a", 8));
        Json.write(folder.resolve("plan.summary.json"), Map.of("model", MODEL.toJson(), "calibration", "cc"));
        BitPlanFile read = BitPlanFile.read(file);
        assertThat(read.provenance().calibration()).contains("cc");
        // The VAE does not matter.
        read.requireMadeFor(new ModelFingerprint(Map.of("unet", "11aa", "vae", "other")), "DIR");
        ModelFingerprint other = new ModelFingerprint(Map.of("unet", "33cc", "vae", "22bb"));
        assertThatThrownBy(() -> read.requireMadeFor(other, "DIR"))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("the plan " + file + " was made for a model whose unet is 11aa")
                .hasMessageContaining("--model DIR is 33cc");
    }

    @Test
    void aPlanOfUnknownOriginIsTakenForAnyModel() throws IOException {
        BitPlanFile.read(plan("model.a: 8")).requireMadeFor(MODEL, "DIR");
        Json.write(folder.resolve("plan.summary.json"), Map.of("format", "mixdq4j-bit-plan"));
        BitPlanFile.read(plan("model.a: 8")).requireMadeFor(MODEL, "DIR");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"model\": [\"a\"]}|'model'",
                "{\"model\": {\"unet\": 7}}|'model'",
                "{\"calibration\": {}}|'calibration'",
                "{\"model\"|truncated"
            })
    void aSummaryWithoutDigestsIsRefused(String json, String sentence) throws IOException {
        Files.writeString(folder.resolve("plan.summary.json"), json);
        Path file = plan("model.a: 8");
        assertThatThrownBy(() -> BitPlanFile.read(file))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("plan.summary.json")
                .hasMessageContaining(sentence);
    }

    @Test
    void filesOfAPlanLieBesideIt() {
        Path plan = Path.of("out", "my.plan.yaml");
        assertThat(PlanPaths.activations(plan)).isEqualTo(Path.of("out", "my.plan.acts.yaml"));
        assertThat(PlanPaths.summary(plan)).isEqualTo(Path.of("out", "my.plan.summary.json"));
        assertThat(PlanPaths.candidates(Path.of("plan.yaml"))).isEqualTo(Path.of("plan.candidates"));
    }
}
