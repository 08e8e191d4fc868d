package org.mixdq4j.core.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.network.NetworkShape;
import org.mixdq4j.core.network.Networks;
import org.mixdq4j.core.network.config.ConfigReader;
import org.mixdq4j.core.network.source.ModelSource;
import org.mixdq4j.core.tokenizer.PromptTokenizer;

/** The noise predictor of a model: which component it is and its graph for one image of a given size. */
public final class DiffusionNetwork {
    /** Above this, sizes of values no longer fit the arrays that hold them. */
    private static final long MAX_PIXELS = 1L << 26;

    private static final Set<String> PIPELINES = new TreeSet<>(Set.of(
            "LatentConsistencyModelPipeline",
            "StableDiffusionPipeline",
            "StableDiffusionXLPipeline",
            "StableDiffusion3Pipeline"));
    private static final String SAMPLE_SIZE = "sample_size";
    private static final String TEXT_ENCODER = "text_encoder";

    private final ModelSource folder;
    private final String component;
    private final JsonNode config;
    private final int factor;
    private final int patch;

    private DiffusionNetwork(ModelSource folder) {
        this.folder = folder;
        this.component = folder.lists("transformer") ? "transformer" : "unet";
        this.config = folder.config(component);
        this.factor = LatentDecoder.factor(folder.config("vae"));
        this.patch = settings().count("patch_size", 1);
    }

    /** @throws MixdqException if the model is of a pipeline that is not supported */
    public static DiffusionNetwork of(ModelSource folder) {
        if (!PIPELINES.contains(folder.pipelineClass())) {
            throw new MixdqException("The model " + folder + " is a " + folder.pipelineClass() + "; supported are "
                    + String.join(", ", PIPELINES) + ".");
        }
        DiffusionNetwork network = new DiffusionNetwork(folder);
        network.refuseOtherPurposes();
        return network;
    }

    private void refuseOtherPurposes() {
        NetworkPurpose.otherThanText(config).ifPresent(purpose -> {
            throw new MixdqException("The " + component + " of " + folder + " " + purpose
                    + "; mixdq draws from text alone: choose a text-to-image model.");
        });
    }

    /** Folder name of the component. */
    public String component() {
        return component;
    }

    /** The component's config.json. */
    public JsonNode config() {
        return config;
    }

    /** Pixels of the height the model was made for. */
    public int defaultHeight() {
        return sampleSize(0) * factor;
    }

    /** Pixels of the width the model was made for. */
    public int defaultWidth() {
        return sampleSize(1) * factor;
    }

    /** One number for both sides, or height and width. */
    private int sampleSize(int side) {
        if (!config.path(SAMPLE_SIZE).isArray()) {
            return settings().count(SAMPLE_SIZE, 64);
        }
        List<Integer> sides = settings().counts(SAMPLE_SIZE);
        if (sides.size() != 2) {
            throw settings().wrong(SAMPLE_SIZE, sides.toString(), "one number, or height and width");
        }
        return sides.get(side);
    }

    /**
     * The scheduler for pictures of a size, for transformers: the more tokens a picture makes, the more noise its steps are
     * spent on where the scheduler says so.
     */
    ModelScheduler fitted(ModelScheduler scheduler, int height, int width) {
        int token = factor * patch;
        return component.equals("transformer")
                ? scheduler.forPicture((long) (height / token) * (width / token))
                : scheduler;
    }

    /** {@link #graph(int, int, PromptSettings)} for prompts as the model is made for. */
    public Graph graph(int height, int width) {
        return graph(height, width, PromptSettings.of(folder));
    }

    /**
     * The graph for one image.
     *
     * @param height pixels, a multiple of the VAE's factor (8), and of the network's patches (2) where it has such
     * @throws UsageException if a side is not such a multiple, or the picture too large
     */
    public Graph graph(int height, int width, PromptSettings prompts) {
        return graphForTokens(height, width, tokens() + prompts.sequenceLength());
    }

    /** The same for a text of this many tokens. */
    Graph graphForTokens(int height, int width, int tokens) {
        int step = factor * patch;
        if (height <= 0 || width <= 0 || height % step != 0 || width % step != 0) {
            throw new UsageException("The picture size " + width + "x" + height
                    + " cannot be drawn; give a --width and a --height that are multiples of " + step + ".");
        }
        if ((long) height * width > MAX_PIXELS) {
            throw new UsageException("The picture size " + width + "x" + height + " is over the limit of " + MAX_PIXELS
                    + " pixels; give a smaller --width and --height.");
        }
        return graph(height / factor, width / factor, tokens);
    }

    /**
     * The graph for one image of the size it was made for and a prompt as long as the text encoders can read, from
     * configurations alone: for what is asked of a network without running it.
     */
    public Graph defaultGraph() {
        int tokens = new ConfigReader(folder.config(TEXT_ENCODER), TEXT_ENCODER).count("max_position_embeddings", 77);
        return graph(
                sampleSize(0), sampleSize(1), tokens + PromptSettings.of(folder).sequenceLength());
    }

    private Graph graph(int latentHeight, int latentWidth, int tokens) {
        return Networks.build(config, new NetworkShape(1, latentHeight, latentWidth, tokens));
    }

    private ConfigReader settings() {
        return new ConfigReader(config, Networks.architecture(config));
    }

    private int tokens() {
        return PromptTokenizer.maxLength(folder.component("tokenizer"));
    }
}
