package org.mixdq4j.core.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.Optional;

/** What a noise predictor is made for when it takes more than noise and text, from its configuration. */
final class NetworkPurpose {
    private static final int DEFAULT_UNET_CHANNELS = 4;

    /** By what a network reads besides the latents, in multiples or numbers of channels. */
    private static final Map<Integer, String> BY_FURTHER_CHANNELS = Map.of(
            1, "a model that follows a depth map",
            3, "an upscaler, which reads the small picture",
            4, "a model that changes or reads a given picture (InstructPix2Pix, Marigold, a latent upscaler)",
            5, "an inpainting model, which reads a mask and the masked picture",
            17, "an inpainting model, which reads a mask and the masked picture");

    private NetworkPurpose() {}

    /** What follows "The unet of the model": empty for a text-to-image network. @param config of a UNet or a transformer */
    static Optional<String> otherThanText(JsonNode config) {
        int in = config.path("in_channels").asInt(DEFAULT_UNET_CHANNELS);
        int out = config.path("out_channels").asInt(in);
        if (in != out) {
            String channels = "reads " + in + " channels and gives " + out;
            return Optional.of(channels + ": it is " + purpose(in, out));
        }
        return Optional.ofNullable(conditioning(config));
    }

    private static String purpose(int in, int out) {
        if (out == 2 * in) {
            return "a model that also predicts variances (DeepFloyd IF)";
        }
        return BY_FURTHER_CHANNELS.getOrDefault(in - out, "made for a task that needs a picture besides the text");
    }

    private static String conditioning(JsonNode config) {
        if (config.hasNonNull("num_class_embeds") || config.hasNonNull("class_embed_type")) {
            return "wants class labels: it draws from a class, a noise level or another picture (unCLIP, an upscaler)";
        }
        if (config.path("encoder_hid_dim_type").asText().contains("image")) {
            return "wants the embedding of a picture: it is made for image prompts (IP-Adapter, Kandinsky)";
        }
        if (config.path("addition_embed_type").asText().contains("image")) {
            return "wants the embedding of a picture: it is made for image prompts (Kandinsky)";
        }
        return null;
    }
}
