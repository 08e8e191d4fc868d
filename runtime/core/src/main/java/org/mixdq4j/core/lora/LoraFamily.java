package org.mixdq4j.core.lora;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Which family of models a LoRA was trained for, for messages: what its trainer wrote, else what its layers tell. */
final class LoraFamily {
    private static final List<String> METADATA = List.of("modelspec.architecture", "ss_base_model_version");
    /** Parts of layers' names, with underscores for dots, that one family alone has. */
    private static final Map<String, String> LAYERS = Map.of(
            "double_blocks", "Flux",
            "single_transformer_blocks", "Flux",
            "joint_blocks", "Stable Diffusion 3",
            "attn_add_q_proj", "Stable Diffusion 3");
    /** Features of the text that a UNet's cross-attention reads. */
    private static final Map<Long, String> TEXT_FEATURES =
            Map.of(768L, "Stable Diffusion 1", 1024L, "Stable Diffusion 2", 2048L, "Stable Diffusion XL");

    private LoraFamily() {}

    /** {@code " (made for ...)"}, or nothing. */
    static String of(LoraFile file) {
        return METADATA.stream()
                .map(file.metadata()::get)
                .filter(text -> text != null && !text.isBlank())
                .findFirst()
                .or(() -> file.modules().stream()
                        .map(LoraFamily::of)
                        .flatMap(Optional::stream)
                        .findFirst())
                .map(family -> " (made for " + family + ")")
                .orElse("");
    }

    private static Optional<String> of(LoraFile.Module module) {
        String name = module.module().replace('.', '_');
        Optional<String> byName = LAYERS.entrySet().stream()
                .filter(entry -> name.contains(entry.getKey()))
                .map(Map.Entry::getValue)
                .findFirst();
        return byName.or(() -> name.endsWith("attn2_to_k")
                ? Optional.ofNullable(TEXT_FEATURES.get(module.change().columns()))
                : Optional.empty());
    }
}
