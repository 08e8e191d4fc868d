package org.mixdq4j.core.network.layout;

import java.util.List;
import org.mixdq4j.core.network.layout.TensorMatch.Form;

/**
 * The layouts of the single files people share, as ComfyUI, stable-diffusion.cpp and the web UIs read and write them:
 * the one models of Stability were trained in, with its prefixes. Each is good for both directions.
 */
public final class Layouts {
    /** Of the denoiser's tensors in a whole checkpoint; files of the denoiser alone may leave it out. */
    public static final String DENOISER = "model.diffusion_model.";
    /** Of the autoencoder's. */
    public static final String VAE = "first_stage_model.";
    /** Of the text encoder's of SD1. */
    public static final String SD1_TEXT = "cond_stage_model.transformer.";
    /** Of the text encoder's of SD2. */
    public static final String SD2_TEXT = "cond_stage_model.model.";
    /** Of the first text encoder's of SDXL. */
    public static final String SDXL_TEXT = "conditioner.embedders.0.transformer.";
    /** Of the second text encoder's of SDXL. */
    public static final String SDXL_TEXT_2 = "conditioner.embedders.1.model.";

    private Layouts() {}

    /** The UNet of SD1, SD2 and SDXL. */
    public static Layout unet() {
        return new LdmUNet();
    }

    /** The transformer of SD3 and SD3.5. */
    public static Layout mmdit() {
        return new Sd3Mmdit();
    }

    /** The autoencoder, of all families. */
    public static Layout vae() {
        return new LdmVae();
    }

    /** A CLIP text encoder as transformers names it. */
    public static Layout clip() {
        return Layout.same();
    }

    /** The same without the module {@code text_model}, as early checkpoints have it. */
    public static Layout bareClip() {
        String module = "text_model.";
        return own -> own.stream()
                .map(name -> TensorMatch.of(
                        Form.SAME, name.startsWith(module) ? name.substring(module.length()) : name, name))
                .toList();
    }

    /** The same whose projection may be left out. */
    public static Layout clipWithoutProjection() {
        String projection = "text_projection.weight";
        return own -> own.stream()
                .map(name -> TensorMatch.of(name.equals(projection) ? Form.SAME_OR_IDENTITY : Form.SAME, name, name))
                .toList();
    }

    /** A CLIP text encoder as OpenCLIP names it. */
    public static Layout openClip() {
        return new OpenClipText();
    }

    /** A T5 encoder. */
    public static Layout t5() {
        return Layout.same();
    }

    /** Prefix of a text encoder of SD3: {@code clip_l}, {@code clip_g} or {@code t5xxl}. */
    public static String sd3Text(String encoder) {
        return "text_encoders." + encoder + ".transformer.";
    }

    /**
     * Where a component goes in a checkpoint of a pipeline.
     *
     * @param pipeline class diffusers names in model_index.json
     * @param openClip whether a text encoder of StableDiffusionPipeline is of the OpenCLIP kind (SD2)
     * @return the layout with its prefix; null if such checkpoints do not hold the component
     */
    public static Layout checkpoint(String pipeline, String component, boolean openClip) {
        boolean xl = pipeline.contains("XL");
        boolean sd3 = pipeline.equals("StableDiffusion3Pipeline");
        return switch (component) {
            case "unet" -> unet().under(DENOISER);
            case "transformer" -> mmdit().under(DENOISER);
            case "vae" -> vae().under(VAE);
            case "text_encoder" -> sd3
                    ? clipWithoutProjection().under(sd3Text("clip_l"))
                    : xl ? clip().under(SDXL_TEXT) : openClip ? openClip().under(SD2_TEXT) : clip().under(SD1_TEXT);
            case "text_encoder_2" -> sd3
                    ? clip().under(sd3Text("clip_g"))
                    : xl ? openClip().under(SDXL_TEXT_2) : null;
            case "text_encoder_3" -> sd3 ? t5().under(sd3Text("t5xxl")) : null;
            default -> null;
        };
    }

    /** Names that are no parameters of a network though they lie among them. */
    public static List<String> ignoredEndings() {
        return List.of("position_ids", "logit_scale", "encoder.embed_tokens.weight", "scaled_fp8");
    }
}
