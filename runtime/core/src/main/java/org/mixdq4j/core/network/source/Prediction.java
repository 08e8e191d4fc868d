package org.mixdq4j.core.network.source;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Locale;
import java.util.Optional;
import org.mixdq4j.core.safetensors.SafetensorsFile;

/**
 * What a file says about what its network predicts: marks that trainers leave as empty tensors, or the metadata of the
 * Stability model specification.
 *
 * @param type diffusers' name, empty where the family's published model tells
 * @param zeroTerminalSnr whether the noise schedule ends in pure noise
 */
record Prediction(Optional<String> type, boolean zeroTerminalSnr) {
    private static final String METADATA = "modelspec.prediction_type";

    static Prediction of(Family family, SafetensorsFile file) {
        if (family == Family.SD3) {
            return new Prediction(Optional.empty(), false);
        }
        String said = file.metadata().getOrDefault(METADATA, "").toLowerCase(Locale.ROOT);
        Optional<String> type = Optional.empty();
        if (file.contains("v_pred") || said.startsWith("v")) {
            type = Optional.of("v_prediction");
        } else if (said.startsWith("eps")) {
            type = Optional.of("epsilon");
        }
        return new Prediction(type, file.contains("ztsnr"));
    }

    /** The published scheduler's configuration with what the file says. */
    JsonNode into(JsonNode published) {
        ObjectNode config = published.deepCopy();
        type.ifPresent(found -> config.put("prediction_type", found));
        if (zeroTerminalSnr) {
            // Without trailing spacing the last timestep, which the rescaling is about, would not be drawn.
            config.put("rescale_betas_zero_snr", true).put("timestep_spacing", "trailing");
        }
        return config;
    }
}
