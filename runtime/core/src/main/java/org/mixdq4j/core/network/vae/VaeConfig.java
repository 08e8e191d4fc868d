package org.mixdq4j.core.network.vae;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Set;
import org.mixdq4j.core.network.config.ConfigReader;

/** What an AutoencoderKL's config.json says about the network, with diffusers' defaults for absent fields. */
record VaeConfig(
        int inChannels,
        int outChannels,
        int latentChannels,
        List<Integer> channels,
        int layers,
        int groups,
        boolean quantConv,
        boolean postQuantConv,
        boolean midAttention) {

    static final String NETWORK = "AutoencoderKL";

    static VaeConfig read(JsonNode json) {
        ConfigReader config = new ConfigReader(json, NETWORK);
        config.only("act_fn", "silu", "swish");
        config.only("down_block_types", "DownEncoderBlock2D");
        config.only("up_block_types", "UpDecoderBlock2D");
        List<Integer> channels = config.counts("block_out_channels");
        for (String field : List.of("down_block_types", "up_block_types")) {
            int blocks = config.texts(field).size();
            if (blocks != channels.size()) {
                throw config.wrong(field, blocks + " blocks", channels.size() + " as in 'block_out_channels'");
            }
        }
        VaeConfig read = new VaeConfig(
                config.count("in_channels", 3),
                config.count("out_channels", 3),
                config.count("latent_channels", 4),
                channels,
                config.count("layers_per_block", 1),
                config.count("norm_num_groups", 32),
                config.flag("use_quant_conv", true),
                config.flag("use_post_quant_conv", true),
                config.flag("mid_block_add_attention", true));
        // What pipelines do around the network, not what it computes.
        config.refuseUnread(Set.of(
                "sample_size",
                "scaling_factor",
                "shift_factor",
                "latents_mean",
                "latents_std",
                "force_upcast",
                "architectures"));
        return read;
    }
}
