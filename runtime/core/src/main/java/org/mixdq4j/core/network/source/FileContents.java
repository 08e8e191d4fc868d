package org.mixdq4j.core.network.source;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.network.layout.Layouts;
import org.mixdq4j.core.safetensors.StoredWeights;

/**
 * What a single file holds, told from the names and shapes of its tensors alone.
 *
 * @param family of the model
 * @param parts the components in it, by diffusers' names
 */
record FileContents(Family family, Map<String, FilePart> parts) {
    private static final List<String> DENOISERS = List.of(Layouts.DENOISER, "diffusion_model.", "");
    private static final List<String> VAES = List.of(Layouts.VAE, "vae.");
    /** Words of CLIP as transformers names them, behind its prefix. */
    private static final String WORDS = "embeddings.token_embedding.weight";

    private static final String TEXT_MODEL = "text_model.";
    private static final String REFINER_TEXT = "conditioner.embedders.0.model.";

    /** Names by which networks that are not supported are known, each behind a possible prefix. */
    private static final Map<String, String> FOREIGN = new LinkedHashMap<>();

    static {
        FOREIGN.put("double_blocks.0.img_attn.", "a FLUX transformer");
        FOREIGN.put("double_stream_blocks.", "a HiDream transformer");
        FOREIGN.put("double_layers.0.", "an AuraFlow transformer");
        FOREIGN.put("transformer_blocks.0.img_mod.", "a Qwen-Image transformer");
        FOREIGN.put("cap_embedder.", "a Lumina or Z-Image transformer");
        FOREIGN.put("blocks.0.cross_attn.", "a Wan or Sana transformer");
        FOREIGN.put("patchify_proj.", "an LTX-Video transformer");
        FOREIGN.put("control_model.", "a ControlNet");
        FOREIGN.put("lora_unet_", "a LoRA");
        FOREIGN.put("lora_te", "a LoRA");
        FOREIGN.put("unet.", "a LoRA or a pipeline in one file");
        FOREIGN.put("down_blocks.", "one network in diffusers' names");
        FOREIGN.put("transformer_blocks.", "one network in diffusers' names");
        FOREIGN.put("first_stage_model.", "an autoencoder");
        FOREIGN.put("decoder.conv_in.", "an autoencoder");
        FOREIGN.put("text_model.", "a CLIP text encoder");
        FOREIGN.put("encoder.block.0.layer.", "a T5 text encoder");
    }

    /** @throws MixdqException if the file holds no denoiser of a supported family, saying what it holds instead */
    static FileContents of(Path file, StoredWeights weights) {
        for (String prefix : DENOISERS) {
            TensorShapes tensors = new TensorShapes(file, weights, prefix);
            if (MmditSizes.fits(tensors)) {
                FilePart denoiser = new FilePart("transformer", file, prefix, Layouts.mmdit(), MmditSizes::into);
                return with(Family.SD3, denoiser, file, weights);
            }
            if (UNetSizes.fits(tensors)) {
                FilePart denoiser = new FilePart("unet", file, prefix, Layouts.unet(), UNetSizes::into);
                return with(unetFamily(tensors), denoiser, file, weights);
            }
        }
        throw unknown(file, weights);
    }

    private static FileContents with(Family family, FilePart denoiser, Path file, StoredWeights weights) {
        Map<String, FilePart> parts = new LinkedHashMap<>();
        parts.put(denoiser.component(), denoiser);
        for (String prefix : VAES) {
            if (VaeSizes.fits(new TensorShapes(file, weights, prefix))) {
                parts.put("vae", new FilePart("vae", file, prefix, Layouts.vae(), VaeSizes::into));
                break;
            }
        }
        clip(file, weights, "text_encoder", List.of(Layouts.SD1_TEXT, Layouts.SDXL_TEXT, Layouts.sd3Text("clip_l")))
                .ifPresent(part -> parts.put(part.component(), part));
        clip(file, weights, "text_encoder_2", List.of(Layouts.sd3Text("clip_g")))
                .ifPresent(part -> parts.put(part.component(), part));
        openClip(file, weights, "text_encoder", Layouts.SD2_TEXT).ifPresent(part -> parts.put(part.component(), part));
        openClip(file, weights, "text_encoder_2", Layouts.SDXL_TEXT_2)
                .ifPresent(part -> parts.put(part.component(), part));
        t5(file, weights, Layouts.sd3Text("t5xxl")).ifPresent(part -> parts.put(part.component(), part));
        return new FileContents(family, parts);
    }

    /** A CLIP text encoder with transformers' names behind one of the prefixes. */
    static Optional<FilePart> clip(Path file, StoredWeights weights, String component, List<String> prefixes) {
        for (String prefix : prefixes) {
            if (weights.contains(prefix + TEXT_MODEL + WORDS)) {
                return Optional.of(new FilePart(
                        component,
                        file,
                        prefix,
                        Layouts.clipWithoutProjection(),
                        (config, tensors) -> TextSizes.clip(config, tensors, TEXT_MODEL)));
            }
            if (weights.contains(prefix + WORDS)) {
                return Optional.of(new FilePart(
                        component,
                        file,
                        prefix,
                        Layouts.bareClip(),
                        (config, tensors) -> TextSizes.clip(config, tensors, "")));
            }
        }
        return Optional.empty();
    }

    private static Optional<FilePart> openClip(Path file, StoredWeights weights, String component, String prefix) {
        return weights.contains(prefix + "token_embedding.weight")
                ? Optional.of(new FilePart(component, file, prefix, Layouts.openClip(), TextSizes::openClip))
                : Optional.empty();
    }

    /** A T5 encoder behind a prefix. */
    static Optional<FilePart> t5(Path file, StoredWeights weights, String prefix) {
        return weights.contains(prefix + "encoder.block.0.layer.0.SelfAttention.q.weight")
                ? Optional.of(new FilePart("text_encoder_3", file, prefix, Layouts.t5(), TextSizes::t5))
                : Optional.empty();
    }

    private static Family unetFamily(TensorShapes tensors) {
        StoredWeights weights = tensors.weights();
        boolean conditioned = tensors.has("label_emb.0.0.weight");
        // The refiner reads one text encoder, and its smallest resolution has no transformers, as in SD1.
        boolean refines = weights.contains(REFINER_TEXT + "token_embedding.weight")
                || conditioned && tensors.has("input_blocks.11.0.in_layers.2.weight");
        if (refines) {
            throw new MixdqException("The file " + tensors.file() + " holds the refiner of Stable Diffusion XL, which"
                    + " works on the picture of another model and is not supported; give the base model.");
        }
        if (weights.contains("edm_mean") || weights.contains("edm_vpred.sigma_max")) {
            throw new MixdqException(
                    "The file " + tensors.file() + " holds a model trained on EDM's noise levels"
                            + " (Playground 2.5, CosXL), which is not supported; give one trained on those of Stable Diffusion.");
        }
        if (conditioned) {
            return Family.SDXL;
        }
        boolean openClip = weights.contains(Layouts.SD2_TEXT + "token_embedding.weight");
        boolean matrices = tensors.has("input_blocks.1.1.proj_in.weight")
                && tensors.shape("input_blocks.1.1.proj_in.weight").rank() == 2;
        return openClip || matrices ? Family.SD2 : Family.SD1;
    }

    /** Whether a denoiser of some kind this can name is in the file. */
    static boolean holdsDenoiser(Path file, StoredWeights weights) {
        return DENOISERS.stream()
                .map(prefix -> new TensorShapes(file, weights, prefix))
                .anyMatch(tensors -> MmditSizes.fits(tensors) || UNetSizes.fits(tensors));
    }

    /** What a file without one holds, in words. */
    static Optional<String> foreign(StoredWeights weights) {
        for (Map.Entry<String, String> known : FOREIGN.entrySet()) {
            for (String prefix : DENOISERS) {
                if (weights.names().stream().anyMatch(name -> name.startsWith(prefix + known.getKey()))) {
                    return Optional.of(known.getValue());
                }
            }
        }
        return Optional.empty();
    }

    private static MixdqException unknown(Path file, StoredWeights weights) {
        String wanted = ", expected a checkpoint of Stable Diffusion 1, 2, XL or 3, or its denoiser; ";
        Optional<String> found = foreign(weights);
        if (found.isPresent()) {
            return new MixdqException("The file " + file + " holds " + found.get() + wanted + advice(found.get()));
        }
        String first = weights.names().stream()
                .findFirst()
                .map(name -> " ('" + name + "', ...)")
                .orElse("");
        return new MixdqException("The file " + file + " holds no network that is known" + first + wanted + advice(""));
    }

    private static String advice(String found) {
        return switch (found) {
            case "one network in diffusers' names" -> "give the whole folder in diffusers' layout.";
            case "a LoRA" -> "give the model it is for.";
            default -> "give such a file, or a folder in diffusers' layout.";
        };
    }
}
