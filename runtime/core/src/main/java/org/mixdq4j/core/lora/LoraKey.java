package org.mixdq4j.core.lora;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The name of a tensor in a LoRA file.
 *
 * @param component the component it names, {@link #DENOISER} for the noise predictor whatever it is called; {@link #ANY} if
 *     it names none
 * @param module the layer, by its path or by its path with underscores for dots, as the file has it
 * @param role what the tensor is for the layer
 */
record LoraKey(String component, String module, Role role) {
    static final String DENOISER = "denoiser";
    static final String ANY = "";

    /** The factors of a product up * down (for convolutions maybe up * mid * down), and the number it is scaled by. */
    enum Role {
        DOWN,
        MID,
        UP,
        ALPHA
    }

    /** kohya's sd-scripts, PEFT, and what diffusers wrote before it used PEFT. */
    private static final Pattern FACTOR =
            Pattern.compile("(.+?)(?:\\.processor)?(?:\\.lora_(down|mid|up|A|B)(?:(?:\\.[^.]+)?\\.weight)?"
                    + "|[._]lora(?:_linear_layer)?\\.(down|mid|up)\\.weight|\\.(alpha))");

    /** Prefixes of names whose dots are underscores. */
    private static final Map<String, String> FLAT = prefixes(
            "lora_unet_", DENOISER,
            "lora_transformer_", DENOISER,
            "lora_te1_", "text_encoder",
            "lora_te2_", "text_encoder_2",
            "lora_te3_", "text_encoder_3",
            "lora_te_", "text_encoder",
            "lycoris_", ANY);

    private static final Map<String, String> DOTTED = prefixes(
            "base_model.model.", ANY,
            "unet.", DENOISER,
            "transformer.", DENOISER,
            "diffusion_model.", DENOISER,
            "model.diffusion_model.", DENOISER,
            "text_encoder.", "text_encoder",
            "text_encoder_2.", "text_encoder_2",
            "text_encoder_3.", "text_encoder_3");

    /** What a tensor's name says; empty if it is no part of such a product. */
    static Optional<LoraKey> of(String name) {
        Matcher factor = FACTOR.matcher(name);
        if (!factor.matches()) {
            return Optional.empty();
        }
        // The attention processors of diffusers before PEFT belong to the attention, not to a module of their own.
        String module = factor.group(1).replace(".processor.", ".");
        boolean flat = module.indexOf('.') < 0;
        for (Map.Entry<String, String> prefix : (flat ? FLAT : DOTTED).entrySet()) {
            if (module.startsWith(prefix.getKey())) {
                String rest = module.substring(prefix.getKey().length());
                return Optional.of(new LoraKey(prefix.getValue(), rest, role(factor)));
            }
        }
        return Optional.of(new LoraKey(ANY, module, role(factor)));
    }

    private static Role role(Matcher factor) {
        if (factor.group(4) != null) {
            return Role.ALPHA;
        }
        String word = factor.group(2) != null ? factor.group(2) : factor.group(3);
        return switch (word) {
            case "down", "A" -> Role.DOWN;
            case "mid" -> Role.MID;
            default -> Role.UP;
        };
    }

    /** In this order, so that the longer of two that begin alike comes first. */
    private static Map<String, String> prefixes(String... pairs) {
        Map<String, String> prefixes = new LinkedHashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            prefixes.put(pairs[i], pairs[i + 1]);
        }
        return prefixes;
    }
}
