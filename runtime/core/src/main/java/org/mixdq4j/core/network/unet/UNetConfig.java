package org.mixdq4j.core.network.unet;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.mixdq4j.core.network.config.ConfigReader;

/**
 * What a UNet2DConditionModel's config.json says, with diffusers' defaults for absent fields, per block where a field
 * may be given either way. Lists run from the outermost block inwards, {@code upTransformers} from the innermost out.
 *
 * @param transformers per down block the number of transformer blocks of each attention (one entry: of all)
 * @param heads attention heads per block: diffusers' {@code attention_head_dim}, which is named wrongly there
 * @param timeFeatures width of the time embedding
 * @param timeCondition width of the guidance embedding of distilled models (LCM)
 * @param added SDXL's extra conditioning
 */
record UNetConfig(
        int inChannels,
        int outChannels,
        List<Integer> channels,
        List<String> downTypes,
        Optional<String> midType,
        List<String> upTypes,
        List<Integer> layers,
        List<List<Integer>> transformers,
        List<List<Integer>> upTransformers,
        List<Integer> heads,
        int textFeatures,
        boolean linearProjection,
        int groups,
        double epsilon,
        int downsamplePadding,
        int convInKernel,
        int convOutKernel,
        boolean flipSinToCos,
        double freqShift,
        int timeFeatures,
        Optional<Integer> timeCondition,
        Optional<Added> added) {

    static final String NETWORK = "UNet2DConditionModel";
    static final String CROSS_DOWN = "CrossAttnDownBlock2D";
    static final String CROSS_UP = "CrossAttnUpBlock2D";
    static final String CROSS_MID = "UNetMidBlock2DCrossAttn";

    /** Sizes of the pictures (time ids) as sinusoids of this many features, behind the pooled text: all features. */
    record Added(int featuresPerId, int features) {}

    int blocks() {
        return channels.size();
    }

    boolean readsText() {
        return downTypes.contains(CROSS_DOWN) || upTypes.contains(CROSS_UP) || midType.equals(Optional.of(CROSS_MID));
    }

    static UNetConfig read(JsonNode json) {
        ConfigReader config = new ConfigReader(json, NETWORK);
        refuseUnsupported(config);
        List<Integer> channels = config.counts("block_out_channels");
        int blocks = channels.size();
        List<String> down = blockTypes(config, "down_block_types", blocks);
        List<String> up = blockTypes(config, "up_block_types", blocks);
        List<List<Integer>> transformers = config.nestedPerBlock("transformer_layers_per_block", blocks, 1);
        Optional<String> mid = config.mentions("mid_block_type") && !config.has("mid_block_type")
                ? Optional.empty()
                : Optional.of(config.text("mid_block_type", CROSS_MID));
        int padding = config.integer("downsample_padding", 1);
        if (padding > 1) {
            throw config.wrong("downsample_padding", Integer.toString(padding), "0 or 1");
        }
        UNetConfig read = new UNetConfig(
                config.count("in_channels"),
                config.count("out_channels"),
                channels,
                down,
                mid,
                up,
                config.countsPerBlock("layers_per_block", blocks, 2),
                transformers,
                upTransformers(config, blocks, transformers),
                heads(config, channels),
                textFeatures(config, blocks),
                config.flag("use_linear_projection", false),
                config.count("norm_num_groups", 32),
                config.number("norm_eps", 1e-5),
                padding,
                config.count("conv_in_kernel", 3),
                config.count("conv_out_kernel", 3),
                config.flag("flip_sin_to_cos", true),
                config.number("freq_shift", 0),
                config.count("time_embedding_dim", 4 * channels.get(0)),
                config.optionalCount("time_cond_proj_dim"),
                added(config));
        config.refuseUnread(
                Set.of("sample_size", "dropout", "upcast_attention", "addition_embed_type_num_heads", "architectures"));
        return read;
    }

    private static void refuseUnsupported(ConfigReader config) {
        config.only("act_fn", "silu", "swish");
        config.only("addition_embed_type", "text_time");
        config.only("attention_type", "default");
        config.only("mid_block_type", CROSS_MID, "UNetMidBlock2D");
        config.only("down_block_types", "DownBlock2D", CROSS_DOWN);
        config.only("up_block_types", "UpBlock2D", CROSS_UP);
        config.only("mid_block_scale_factor", 1);
        config.only("resnet_out_scale_factor", 1);
        config.only("resnet_time_scale_shift", "default");
        config.only("time_embedding_type", "positional");
        for (String flag : List.of(
                "center_input_sample",
                "class_embeddings_concat",
                "dual_cross_attention",
                "mid_block_only_cross_attention",
                "only_cross_attention",
                "resnet_skip_time_act")) {
            config.only(flag, false);
        }
        for (String field : List.of(
                "class_embed_type",
                "cross_attention_norm",
                "encoder_hid_dim",
                "encoder_hid_dim_type",
                "num_attention_heads",
                "num_class_embeds",
                "time_embedding_act_fn",
                "timestep_post_act")) {
            config.only(field);
        }
        if (config.mentions("norm_num_groups") && !config.has("norm_num_groups")) {
            throw config.wrong("norm_num_groups", "null", "the number of groups of its norms");
        }
    }

    private static List<String> blockTypes(ConfigReader config, String field, int blocks) {
        List<String> types = config.texts(field);
        if (types.size() != blocks) {
            throw config.wrong(field, types.size() + " blocks", blocks + " as in 'block_out_channels'");
        }
        return types;
    }

    private static List<List<Integer>> upTransformers(
            ConfigReader config, int blocks, List<List<Integer>> transformers) {
        String field = "reverse_transformer_layers_per_block";
        if (config.has(field)) {
            return config.nestedPerBlock(field, blocks, 1);
        }
        if (transformers.stream().anyMatch(block -> block.size() > 1)) {
            throw config.wrong(field, "nothing", "a list, since 'transformer_layers_per_block' differs within a block");
        }
        List<List<Integer>> reversed = new ArrayList<>(transformers);
        Collections.reverse(reversed);
        return List.copyOf(reversed);
    }

    private static List<Integer> heads(ConfigReader config, List<Integer> channels) {
        List<Integer> heads = config.countsPerBlock("attention_head_dim", channels.size(), 8);
        for (int i = 0; i < channels.size(); i++) {
            if (channels.get(i) % heads.get(i) != 0) {
                throw config.wrong(
                        "attention_head_dim",
                        heads.get(i) + " heads",
                        "a divisor of the block's " + channels.get(i) + " channels");
            }
        }
        return heads;
    }

    private static int textFeatures(ConfigReader config, int blocks) {
        List<Integer> features = config.countsPerBlock("cross_attention_dim", blocks, 1280);
        if (features.stream().distinct().count() > 1) {
            throw config.wrong("cross_attention_dim", features.toString(), "the same width in each block");
        }
        return features.get(0);
    }

    private static Optional<Added> added(ConfigReader config) {
        if (config.has("addition_embed_type")) {
            return Optional.of(new Added(
                    config.count("addition_time_embed_dim"), config.count("projection_class_embeddings_input_dim")));
        }
        config.only("addition_time_embed_dim");
        config.only("projection_class_embeddings_input_dim");
        return Optional.empty();
    }
}
