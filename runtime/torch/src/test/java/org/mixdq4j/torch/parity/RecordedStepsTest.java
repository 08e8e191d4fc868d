package org.mixdq4j.torch.parity;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mixdq4j.core.exec.Executors;
import org.mixdq4j.core.exec.Instrumented;
import org.mixdq4j.core.exec.InstrumentedExecutor;
import org.mixdq4j.core.exec.Observer;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.network.CheckpointNames;
import org.mixdq4j.core.network.mmdit.SD3Transformer2D;
import org.mixdq4j.core.parity.ParityCheck;
import org.mixdq4j.core.parity.ParityResult;
import org.mixdq4j.core.safetensors.SafetensorsFile;
import org.mixdq4j.core.safetensors.SafetensorsFolder;
import org.mixdq4j.core.tensor.Axes;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/** What a trained SD3 network gives at every step of pictures that diffusers drew, both sides of guidance combined. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RecordedStepsTest {
    private static final Path ROOT = Path.of(System.getProperty("mixdq.root"), "util_files");
    private static final Path MODEL = ROOT.resolve("models/tiny-sd3/transformer");
    private static final Path RUNS = ROOT.resolve("reference/tiny-sd3");
    private static final double TOLERANCE = 1e-4;

    private InstrumentedExecutor executor;

    @BeforeAll
    void open() {
        executor = Executors.instrumented();
    }

    @AfterAll
    void close() {
        executor.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"unguided", "t5_guided", "t5_batch", "no_t5", "small_wide"})
    void equalTheOriginal(String name) {
        JsonNode run = run(name);
        try (SafetensorsFile io = SafetensorsFile.open(RUNS.resolve(name + ".safetensors"));
                SafetensorsFolder weights = SafetensorsFolder.open(MODEL)) {
            Shape latent = io.shape("step0.model_input");
            Tensor text = sides(io, "prompt_embeds");
            Tensor pooled = sides(io, "pooled_prompt_embeds");
            Graph graph = SD3Transformer2D.graph(
                    Json.read(MODEL.resolve("config.json")),
                    latent.dim(0),
                    latent.dim(2),
                    latent.dim(3),
                    text.shape().dim(1));
            float[] sigmas = io.tensor("sigmas").toFloatArray();
            try (Instrumented model = executor.compile(graph, CheckpointNames.adapt(weights, graph))) {
                for (int step = 0; step < run.get("steps").intValue(); step++) {
                    float[] timestep = new float[latent.dim(0)];
                    Arrays.fill(timestep, 1000 * sigmas[step]);
                    Tensor output = model.run(
                                    Map.of(
                                            "hidden_states",
                                            io.tensor("step" + step + ".model_input"),
                                            "encoder_hidden_states",
                                            text,
                                            "pooled_projections",
                                            pooled,
                                            "timestep",
                                            Tensor.of(Shape.of(timestep.length), timestep)),
                                    Set.of("sample"),
                                    Observer.NONE)
                            .get("sample");
                    String recorded = "step" + step + ".model_output";
                    ParityResult result = ParityCheck.compare(
                            recorded,
                            io.tensor(recorded),
                            guided(output, run.get("guidance_scale").floatValue()));
                    System.out.printf("%-12s %-22s %.1e%n", name, recorded, result.relative());
                    assertThat(result.relative()).as(recorded).isLessThan(TOLERANCE);
                }
            }
        }
    }

    private static JsonNode run(String name) {
        for (JsonNode run : Json.read(RUNS.resolve("cases.json"))) {
            if (run.get("name").textValue().equals(name)) {
                return run;
            }
        }
        throw new IllegalArgumentException(name);
    }

    /** What the network reads: without the prompt first, where there are two sides. */
    private static Tensor sides(SafetensorsFile io, String name) {
        return io.contains("negative_" + name)
                ? Axes.join(0, List.of(io.tensor("negative_" + name), io.tensor(name)))
                : io.tensor(name);
    }

    private static Tensor guided(Tensor output, float scale) {
        if (scale == 1) {
            return output;
        }
        float[] both = output.toFloatArray();
        float[] one = new float[both.length / 2];
        for (int i = 0; i < one.length; i++) {
            one[i] = both[i] + scale * (both[one.length + i] - both[i]);
        }
        return Tensor.of(output.shape().with(0, output.shape().dim(0) / 2), one);
    }
}
