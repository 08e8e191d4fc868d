package org.mixdq4j.core.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.model.config.ConfigReader;
import org.mixdq4j.core.model.folder.ModelFolder;
import org.mixdq4j.core.model.unet.UNet2DCondition;
import org.mixdq4j.core.tokenizer.PromptTokenizer;

/** The noise predictor of a model: which component it is and its graph for one image of a given size. */
public final class DiffusionNetwork {
    /** Above this, sizes of values no longer fit the arrays that hold them. */
    private static final long MAX_PIXELS = 1L << 26;

    private static final String TEXT_ENCODER = "text_encoder";

    private final ModelFolder folder;
    private final JsonNode config;
    private final int factor;

    private DiffusionNetwork(ModelFolder folder) {
        this.folder = folder;
        this.config = folder.config(component());
        this.factor = LatentDecoder.factor(folder.config("vae"));
    }

    /** @throws MixdqException if the model is of a pipeline that is not supported */
    public static DiffusionNetwork of(ModelFolder folder) {
        switch (folder.pipelineClass()) {
            case "StableDiffusionXLPipeline", "StableDiffusionPipeline" -> {
                return new DiffusionNetwork(folder);
            }
            default -> throw new MixdqException("The model " + folder + " is a " + folder.pipelineClass()
                    + "; supported are StableDiffusionXLPipeline and StableDiffusionPipeline.");
        }
    }

    /** Folder name of the component. */
    public String component() {
        return "unet";
    }

    /** The component's config.json. */
    public JsonNode config() {
        return config;
    }

    /** Pixels of a side the model was made for. */
    public int defaultSize() {
        return new ConfigReader(config, "UNet2DConditionModel").count("sample_size", 64) * factor;
    }

    /**
     * The graph for one image. @param height pixels, a multiple of the VAE's factor (8)
     * @throws UsageException if a side is not such a multiple, or the picture too large
     */
    public Graph graph(int height, int width) {
        if (height <= 0 || width <= 0 || height % factor != 0 || width % factor != 0) {
            throw new UsageException("The picture size " + width + "x" + height
                    + " cannot be drawn; give a --width and a --height that are multiples of " + factor + ".");
        }
        if ((long) height * width > MAX_PIXELS) {
            throw new UsageException("The picture size " + width + "x" + height + " is over the limit of " + MAX_PIXELS
                    + " pixels; give a smaller --width and --height.");
        }
        return UNet2DCondition.graph(config, 1, height / factor, width / factor, tokens());
    }

    /**
     * The graph for one image of {@link #defaultSize()} and a prompt as long as the text encoder can read, from
     * configurations alone: for what is asked of a network without running it.
     */
    public Graph defaultGraph() {
        int side = defaultSize() / factor;
        int tokens = new ConfigReader(folder.config(TEXT_ENCODER), TEXT_ENCODER).count("max_position_embeddings", 77);
        return UNet2DCondition.graph(config, 1, side, side, tokens);
    }

    private int tokens() {
        try (PromptTokenizer tokenizer = PromptTokenizer.load(folder.component("tokenizer"))) {
            return tokenizer.maxLength();
        }
    }
}
