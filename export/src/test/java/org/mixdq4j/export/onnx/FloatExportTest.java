package org.mixdq4j.export.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mixdq4j.core.exec.Executor;
import org.mixdq4j.core.exec.Executors;
import org.mixdq4j.core.exec.Network;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.network.CheckpointNames;
import org.mixdq4j.core.network.NetworkShape;
import org.mixdq4j.core.network.Networks;
import org.mixdq4j.core.progress.Progress;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.safetensors.SafetensorsFolder;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;

/** Networks in float compute in ONNX Runtime what they compute here. */
class FloatExportTest {
    static final Path ROOT = Path.of(System.getProperty("mixdq.root"), "util_files");

    @TempDir
    Path dir;

    @ParameterizedTest
    @CsvSource({
        "models/tiny-sdxl-turbo/unet, 1, 8, 8",
        "models/tiny-sdxl-turbo/vae, 1, 4, 6",
        "models/tiny-sdxl-turbo/text_encoder, 1, 0, 0",
        "models/tiny-sdxl-turbo/text_encoder_2, 2, 0, 0",
        "models/tiny-sd3/transformer, 1, 12, 12",
        "models/tiny-sd3/vae, 1, 4, 4",
        "fixtures/unet_sdxl, 1, 7, 10",
        "fixtures/unet_sd15, 2, 8, 8",
        "fixtures/unet_lcm, 1, 8, 8",
        "fixtures/mmdit_sd35, 2, 8, 12",
        "fixtures/clip_g, 2, 0, 0",
        "fixtures/clip_l, 1, 0, 0",
        "fixtures/clip_dual, 2, 0, 0",
        "fixtures/t5, 1, 0, 0"
    })
    void networksAgree(String folder, int batch, int height, int width) {
        check(folder, batch, height, width, false);
    }

    /** As networks of more than 1 GiB are written. */
    @ParameterizedTest
    @CsvSource({"models/tiny-sd3/transformer, 1, 12, 12", "fixtures/mmdit_sd35, 2, 8, 12"})
    void networksWithWeightsBesideAgree(String folder, int batch, int height, int width) {
        check(folder, batch, height, width, true);
    }

    private void check(String folder, int batch, int height, int width, boolean external) {
        Path source = folder(folder);
        Graph graph = Networks.build(config(source), new NetworkShape(batch, height, width, 20));
        Map<String, Tensor> inputs = RandomInputs.of(graph, 3);
        try (SafetensorsFolder files = SafetensorsFolder.open(source);
                Executor executor = Executors.instrumented()) {
            WeightSource weights = CheckpointNames.adapt(files, graph);
            Path file = dir.resolve("model.onnx");
            OnnxExport.Written written = OnnxExport.write(
                    file,
                    graph,
                    weights,
                    QuantizedLayers.NONE,
                    new OnnxOptions(QuantForm.QDQ, external, Map.of()),
                    Map.of(),
                    Progress.SILENT);
            assertThat(written.files()).hasSize(external ? 2 : 1).contains(file);
            Map<String, Tensor> theirs = OrtRun.run(file, inputs);
            try (Network model = executor.compile(graph, weights)) {
                model.run(inputs).forEach((name, ours) -> {
                    Tensor found = theirs.get(graph.inputs().containsKey(name) ? "out_" + name : name);
                    assertThat(found).as(name).isNotNull();
                    assertThat(found.shape()).as(name).isEqualTo(ours.shape());
                    assertThat(difference(ours, found)).as(name).isLessThan(1e-4);
                });
            }
        }
    }

    static Path folder(String name) {
        return ROOT.resolve(name);
    }

    static JsonNode config(Path folder) {
        return Json.read(folder.resolve("config.json"));
    }

    /** The largest difference, in units of the largest value. */
    static double difference(Tensor expected, Tensor found) {
        float[] a = expected.toFloatArray();
        float[] b = found.toFloatArray();
        double largest = 0;
        double difference = 0;
        for (int i = 0; i < a.length; i++) {
            largest = Math.max(largest, Math.abs(a[i]));
            difference = Math.max(difference, Math.abs((double) a[i] - b[i]));
        }
        assertThat(largest).isFinite().isPositive();
        return difference / largest;
    }
}
