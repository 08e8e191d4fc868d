package org.mixdq4j.core.network.mmdit;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Set;
import org.mixdq4j.core.graph.op.SinCosGrid;
import org.mixdq4j.core.network.config.ConfigReader;

/**
 * What an SD3Transformer2DModel's config.json says, with diffusers' defaults for absent fields.
 *
 * @param patch side of the square of latents that is one token
 * @param positions sinusoids of the largest grid of tokens; smaller ones are cut out of its middle
 * @param textFeatures of a token of the text
 * @param pooledFeatures of the text as one vector
 * @param normalizedHeads whether queries and keys are RMS-normalized head by head (SD3.5)
 * @param dualAttention blocks in which the picture also attends to itself alone (SD3.5 medium)
 */
record MmditConfig(
        int inChannels,
        int outChannels,
        int patch,
        SinCosGrid positions,
        int layers,
        int heads,
        int features,
        int textFeatures,
        int pooledFeatures,
        boolean normalizedHeads,
        Set<Integer> dualAttention) {

    static final String NETWORK = "SD3Transformer2DModel";

    static MmditConfig read(JsonNode json) {
        ConfigReader config = new ConfigReader(json, NETWORK);
        config.only("qk_norm", "rms_norm");
        int inChannels = config.count("in_channels", 16);
        int patch = config.count("patch_size", 2);
        int layers = config.count("num_layers", 18);
        int heads = config.count("num_attention_heads", 18);
        int features = heads * config.count("attention_head_dim", 64);
        requireSameWidth(config, features);
        MmditConfig read = new MmditConfig(
                inChannels,
                config.count("out_channels", config.mentions("out_channels") ? inChannels : 16),
                patch,
                positions(config, patch, features),
                layers,
                heads,
                features,
                config.count("joint_attention_dim", 4096),
                config.count("pooled_projection_dim", 2048),
                config.has("qk_norm"),
                config.indices("dual_attention_layers", layers));
        config.refuseUnread(Set.of("architectures"));
        return read;
    }

    /** Text and picture are joined as one sequence, so their tokens are of one width. */
    private static void requireSameWidth(ConfigReader config, int features) {
        int text = config.count("caption_projection_dim", 1152);
        if (text != features) {
            throw config.wrong(
                    "caption_projection_dim",
                    Integer.toString(text),
                    features + " ('num_attention_heads' times 'attention_head_dim')");
        }
    }

    /** diffusers places the cells so that a grid for pictures of {@code sample_size} would span as many units as cells. */
    private static SinCosGrid positions(ConfigReader config, int patch, int features) {
        if (config.mentions("pos_embed_max_size") && !config.has("pos_embed_max_size")) {
            throw config.wrong("pos_embed_max_size", "null", "the side of its grid of positions");
        }
        int side = config.count("pos_embed_max_size", 96);
        int base = config.count("sample_size", 128) / patch;
        if (base < 1) {
            throw config.wrong("patch_size", Integer.toString(patch), "at most 'sample_size'");
        }
        return config.consistent(() -> new SinCosGrid(side, features, (double) side / base));
    }
}
