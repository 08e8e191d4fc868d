package org.mixdq4j.core.lora;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.io.Json;

/**
 * How PEFT scales the product of a layer's factors where the file holds no alphas: {@code lora_alpha / rank} of its settings,
 * which diffusers writes into the file's metadata and PEFT into adapter_config.json beside it; without either, 1.
 */
final class LoraAlphas {
    private static final String METADATA = "lora_adapter_metadata";

    private final JsonNode settings;

    private LoraAlphas(JsonNode settings) {
        this.settings = settings;
    }

    static LoraAlphas of(Path file, Map<String, String> metadata) {
        JsonNode settings = Json.mapper().createObjectNode();
        Path beside = file.resolveSibling("adapter_config.json");
        if (metadata.containsKey(METADATA)) {
            settings = Json.parse(metadata.get(METADATA), METADATA + " of " + file);
        } else if (file.getFileName().toString().startsWith("adapter_model.") && Files.isRegularFile(beside)) {
            settings = Json.read(beside);
        }
        LoraAlphas alphas = new LoraAlphas(settings);
        alphas.refuseOtherKinds(file);
        return alphas;
    }

    private void refuseOtherKinds(Path file) {
        settings.fields().forEachRemaining(entry -> {
            String field = entry.getKey().substring(entry.getKey().lastIndexOf('.') + 1);
            boolean on = entry.getValue().asBoolean(false);
            if (on && (field.equals("use_dora") || field.equals("lora_bias"))) {
                throw new MixdqException("The settings of the LoRA " + file + " say " + field
                        + ", which is not supported; get a plain LoRA instead.");
            }
        });
    }

    /**
     * @param component as {@link LoraKey} has it
     * @param module path of the layer
     */
    double scale(String component, String module, int rank) {
        Optional<JsonNode> alpha = pattern(setting(component, "alpha_pattern"), module)
                .or(() -> Optional.of(setting(component, "lora_alpha")).filter(JsonNode::isNumber));
        if (alpha.isEmpty()) {
            return 1;
        }
        boolean stabilized = setting(component, "use_rslora").asBoolean(false);
        return alpha.get().asDouble() / (stabilized ? Math.sqrt(rank) : rank);
    }

    private JsonNode setting(String component, String field) {
        if (settings.has(field)) {
            return settings.get(field);
        }
        String[] prefixes =
                component.equals(LoraKey.DENOISER) ? new String[] {"unet", "transformer"} : new String[] {component};
        for (String prefix : prefixes) {
            if (settings.has(prefix + "." + field)) {
                return settings.get(prefix + "." + field);
            }
        }
        return Json.mapper().missingNode();
    }

    /** PEFT's patterns name the end of a path, or match it as regular expressions. */
    private static Optional<JsonNode> pattern(JsonNode patterns, String module) {
        Iterator<Map.Entry<String, JsonNode>> fields = patterns.fields();
        while (fields.hasNext()) {
            Map.Entry<String, JsonNode> entry = fields.next();
            if (module.matches("(.*\\.)?(" + entry.getKey() + ")")) {
                return Optional.of(entry.getValue());
            }
        }
        return Optional.empty();
    }
}
