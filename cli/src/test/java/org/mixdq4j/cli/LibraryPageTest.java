package org.mixdq4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mixdq4j.core.artifact.checkpoint.QuantizedCheckpoint;
import org.mixdq4j.core.exec.Executor;
import org.mixdq4j.core.exec.Executors;
import org.mixdq4j.core.exec.Network;
import org.mixdq4j.core.exec.Numerics;
import org.mixdq4j.core.exec.Session;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.GraphBuilder;
import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.image.Png;
import org.mixdq4j.core.image.RgbImage;
import org.mixdq4j.core.network.CheckpointNames;
import org.mixdq4j.core.network.NetworkShape;
import org.mixdq4j.core.network.Networks;
import org.mixdq4j.core.network.source.ModelSource;
import org.mixdq4j.core.network.source.ModelSources;
import org.mixdq4j.core.pipeline.NoiseSource;
import org.mixdq4j.core.pipeline.PipelineSetup;
import org.mixdq4j.core.pipeline.TextToImage;
import org.mixdq4j.core.quant.AffineParams;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.quant.ScaleSearch;
import org.mixdq4j.core.quant.SymmetricWeights;
import org.mixdq4j.core.quant.WeightQuant;
import org.mixdq4j.core.safetensors.StoredWeights;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;

/** The examples of docs/library.md: each block of the page stands in this file, and is run. */
class LibraryPageTest {
    private static final Pattern BLOCK = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);

    @TempDir
    Path out;

    @Test
    void blocksOfThePageAreThoseOfThisFile() throws IOException {
        String own = squeezed(Files.readString(
                Path.of("src/test/java/org/mixdq4j/cli/LibraryPageTest.java").toAbsolutePath()));
        List<String> blocks = BLOCK.matcher(Files.readString(Shipped.ROOT.resolve("docs/library.md")))
                .results()
                .map(match -> squeezed(match.group(1)))
                .toList();
        assertThat(blocks).hasSize(4).allSatisfy(block -> assertThat(own).contains(block));
    }

    /** Without what a formatter changes. */
    private static String squeezed(String code) {
        return Arrays.stream(code.split("\\s+")).collect(Collectors.joining());
    }

    @Test
    void drawsAPicture() {
        Path folder = Shipped.MODEL;

        ModelSource model = ModelSources.open(folder);
        PipelineSetup setup = new PipelineSetup(model, 96, 96, Optional.empty(), Numerics.INTEGER);
        try (Executor executor = Executors.named("cpu");
                TextToImage pipeline = TextToImage.open(setup, executor)) {
            TextToImage.Request request =
                    new TextToImage.Request("a red circle", Optional.empty(), 1, Optional.empty(), 0);
            TextToImage.Result picture = pipeline.generate(request, NoiseSource.seeded(7), step -> {});
            Png.save(out.resolve("circle.png"), RgbImage.ofUnit(picture.image()), Map.of());
        }

        assertThat(out.resolve("circle.png")).isNotEmptyFile();
    }

    @Test
    void runsACheckpoint() {
        Path folder = Shipped.MODEL;
        Path quantized = Shipped.checkpoint();

        ModelSource model = ModelSources.open(folder);
        try (QuantizedCheckpoint checkpoint = QuantizedCheckpoint.open(quantized)) {
            PipelineSetup setup = new PipelineSetup(model, 96, 96, Optional.of(checkpoint), Numerics.INTEGER);
            try (Executor executor = Executors.named("cpu");
                    TextToImage pipeline = TextToImage.open(setup, executor)) {
                TextToImage.Request request =
                        new TextToImage.Request("a red circle", Optional.empty(), 1, Optional.empty(), 0);
                TextToImage.Result picture = pipeline.generate(request, NoiseSource.seeded(7), step -> {});
                Png.save(out.resolve("circle-w8a8.png"), RgbImage.ofUnit(picture.image()), Map.of());
            }
        }

        assertThat(out.resolve("circle-w8a8.png")).isNotEmptyFile();
    }

    @Test
    void runsOneNetwork() {
        Path folder = Shipped.MODEL;

        ModelSource model = ModelSources.open(folder);
        Graph graph = Networks.build(model.config("vae"), NetworkShape.latents(1, 12, 12));
        Tensor latent = Tensor.zeros(
                graph.inputs().get("latent").dtype(),
                graph.inputs().get("latent").shape());
        Tensor image;
        try (Executor executor = Executors.named("cpu");
                StoredWeights weights = model.weights("vae");
                Network network = executor.compile(graph, CheckpointNames.adapt(weights, graph))) {
            image = network.run(Map.of("latent", latent)).get("image");
        }

        assertThat(image.shape()).isEqualTo(Shape.of(1, 3, 96, 96));
    }

    @Test
    void quantizesALayer() {
        float[] numbers = new float[64 * 32];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = (float) Math.sin(i * 0.37);
        }
        float[] row = new float[64];
        for (int i = 0; i < row.length; i++) {
            row[i] = (float) Math.cos(i * 0.11);
        }
        Tensor weight = Tensor.of(Shape.of(32, 64), numbers);
        Tensor input = Tensor.of(Shape.of(1, 1, 64), row);

        // A network of one layer, 64 inputs to 32 outputs.
        GraphBuilder builder = new GraphBuilder("one layer");
        GraphBuilder.Value x = builder.input("x", input.dtype(), input.shape());
        builder.output("y", builder.add("layer", new Linear(64, 32, false), x));
        Graph graph = builder.build();
        // Weights to 4 bits in groups of 32, inputs from -1 to 1 to 8 bits.
        SymmetricWeights rounded = SymmetricWeights.quantize(weight, WeightQuant.grouped(4, 32), ScaleSearch.MAX_ABS);
        AffineParams range = AffineParams.ofRange(-1, 1, 8);
        QuantizedLayer layer =
                new QuantizedLayer(List.of(rounded.segment(0, Optional.of(range))), Optional.empty(), false);
        Tensor output;
        try (Executor executor = Executors.named("cpu");
                Network network = executor.compile(
                        graph,
                        WeightSource.of(Map.of()),
                        QuantizedLayers.of(Map.of("layer", layer)),
                        Numerics.INTEGER);
                Session session = network.session()) {
            session.set("x", input);
            output = session.run().get("y");
        }

        float[] y = output.toFloatArray();
        for (int i = 0; i < y.length; i++) {
            double exact = 0;
            for (int k = 0; k < row.length; k++) {
                exact += numbers[i * 64 + k] * (double) row[k];
            }
            assertThat((double) y[i]).isCloseTo(exact, within(0.8));
        }
    }
}
