package org.mixdq4j.evaluate.clip;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.exec.Instrumented;
import org.mixdq4j.core.exec.InstrumentedExecutor;
import org.mixdq4j.core.exec.Observer;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.image.RgbImage;
import org.mixdq4j.core.io.Sha256;
import org.mixdq4j.core.network.CheckpointNames;
import org.mixdq4j.core.network.Networks;
import org.mixdq4j.core.network.clip.ClipDual;
import org.mixdq4j.core.safetensors.SafetensorsFolder;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tokenizer.PromptTokenizer;
import org.mixdq4j.evaluate.score.PictureFeatures;
import org.mixdq4j.evaluate.score.PromptScore;

/**
 * A CLIPModel folder of transformers as a judge of pictures. The CLIP score is {@code 100 max(0, cos(text, image))}
 * (Hessel et al., 2021, with weight 100). Texts and pictures go through the network one at a time, so that no result
 * depends on what else is judged. Not thread-safe; holds native memory until closed.
 */
public final class ClipScorer implements PromptScore, PictureFeatures {
    private static final String PROJECTION = "visual_projection";

    private final Path folder;
    private final Instrumented model;
    private final PromptTokenizer tokenizer;
    private final ClipPreprocessor preprocessor;
    private final int tokens;
    private final Map<String, float[]> texts = new HashMap<>();
    private RgbImage lastPicture;
    private ImageEmbedding lastEmbedding;

    /**
     * What a picture became.
     *
     * @param unit {@code image_embeds}, of length 1
     * @param projected the same before it was normalized
     */
    public record ImageEmbedding(float[] unit, float[] projected) {}

    private ClipScorer(Path folder, Instrumented model, PromptTokenizer tokenizer, ClipPreprocessor preprocessor) {
        this.folder = folder;
        this.model = model;
        this.tokenizer = tokenizer;
        this.preprocessor = preprocessor;
        this.tokens = model.graph().inputs().get("input_ids").shape().dim(1);
    }

    /**
     * Loads a folder with {@code config.json}, safetensors weights, {@code preprocessor_config.json} and the tokenizer.
     *
     * @throws MixdqException if it holds another network, or a file is missing or damaged
     */
    public static ClipScorer open(Path folder, InstrumentedExecutor executor) {
        Path file = folder.resolve("config.json");
        if (!Files.isRegularFile(file)) {
            throw new MixdqException("The folder " + folder + " has no config.json, so it is no CLIP; pass a CLIPModel"
                    + " folder of transformers, such as openai/clip-vit-base-patch32.");
        }
        JsonNode config = Networks.read(file);
        String architecture = Networks.architecture(config);
        if (!architecture.equals(ClipDual.NETWORK)) {
            throw new MixdqException("The folder " + folder + " holds a " + architecture + ", but a judge needs both"
                    + " towers of a " + ClipDual.NETWORK + "; pass a folder such as openai/clip-vit-base-patch32.");
        }
        Graph graph = ClipDual.graph(config, 1, 1);
        Shape pixels = graph.inputs().get("pixel_values").shape();
        ClipPreprocessor preprocessor = ClipPreprocessor.read(folder, pixels.dim(2));
        PromptTokenizer tokenizer = PromptTokenizer.load(folder);
        try (SafetensorsFolder weights = SafetensorsFolder.open(folder)) {
            Instrumented model = executor.compile(graph, CheckpointNames.adapt(weights, graph));
            return new ClipScorer(folder, model, tokenizer, preprocessor);
        } catch (RuntimeException | Error e) {
            tokenizer.close();
            throw e;
        }
    }

    /** {@code text_embeds} of each text, of length 1. */
    public List<float[]> texts(List<String> prompts) {
        return prompts.stream().map(this::text).toList();
    }

    /** The embeddings of each picture. */
    public List<ImageEmbedding> images(List<RgbImage> pictures) {
        return pictures.stream().map(this::image).toList();
    }

    /** {@code 100 max(0, cos)} of two embeddings of length 1. */
    public static double score(float[] text, float[] image) {
        double cosine = 0;
        for (int i = 0; i < text.length; i++) {
            cosine += (double) text[i] * image[i];
        }
        return 100 * Math.max(0, cosine);
    }

    private float[] text(String prompt) {
        return texts.computeIfAbsent(prompt, p -> {
            Tensor ids = Tensor.ofLongs(Shape.of(1, tokens), tokenizer.encode(p, tokens));
            return model.run(Map.of("input_ids", ids), Set.of("text_embeds"))
                    .get("text_embeds")
                    .toFloatArray();
        });
    }

    private ImageEmbedding image(RgbImage picture) {
        // A picture is asked for its score and then for its features.
        if (!picture.equals(lastPicture)) {
            Capture projection = new Capture();
            Map<String, Tensor> inputs = Map.of("pixel_values", preprocessor.pixels(picture));
            float[] unit = model.run(inputs, Set.of("image_embeds"), projection)
                    .get("image_embeds")
                    .toFloatArray();
            lastEmbedding = new ImageEmbedding(unit, projection.value);
            lastPicture = picture;
        }
        return lastEmbedding;
    }

    private static final class Capture implements Observer {
        private float[] value;

        @Override
        public boolean watches(String id) {
            return id.equals(PROJECTION);
        }

        @Override
        public void observe(String id, Tensor tensor) {
            value = tensor.toFloatArray();
        }
    }

    @Override
    public String name() {
        return "clip_score";
    }

    @Override
    public double score(String prompt, RgbImage picture) {
        return score(text(prompt), image(picture).unit());
    }

    @Override
    public String description() {
        return "CLIP image_embeds, projected, not normalized";
    }

    @Override
    public float[] features(RgbImage picture) {
        return image(picture).projected();
    }

    /** Name of its folder. */
    public String folderName() {
        return folder.toAbsolutePath().normalize().getFileName().toString();
    }

    /** SHA-256 of its weights file; of several, that of their digests in order of name. */
    public String digest() {
        try (SafetensorsFolder weights = SafetensorsFolder.open(folder)) {
            List<String> digests = weights.files().stream()
                    .map(file -> file.path())
                    .sorted()
                    .map(Sha256::of)
                    .toList();
            return digests.size() == 1
                    ? digests.get(0)
                    : new Sha256.Builder().add(String.join("\n", digests)).hex();
        }
    }

    @Override
    public void close() {
        model.close();
        tokenizer.close();
    }
}
