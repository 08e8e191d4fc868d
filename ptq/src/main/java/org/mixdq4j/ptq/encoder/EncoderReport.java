package org.mixdq4j.ptq.encoder;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.Optional;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.ptq.scheme.Scheme;

/**
 * What became of a text encoder.
 *
 * @param component its folder in the model, such as {@code text_encoder_3}
 * @param bits of its weights
 * @param activations bits of its layers' inputs; {@link Scheme#FLOAT_BITS} in float
 * @param layers how many of its layers are quantized
 * @param floatLayers id to the reason it stayed in float
 * @param measured empty if nothing was measured
 * @param sourceBytes of the weights files it was made from
 * @param bytes of the weights file it became
 */
public record EncoderReport(
        String component,
        int bits,
        int activations,
        int layers,
        Map<String, String> floatLayers,
        Optional<EncoderQuality> measured,
        long sourceBytes,
        long bytes) {
    /** All but the component's name. */
    public JsonNode toJson() {
        ObjectNode json = Json.mapper().createObjectNode().put("weight_bits", bits);
        if (activations != Scheme.FLOAT_BITS) {
            json.put("activation_bits", activations);
        }
        json.put("layers", layers).put("bytes_source", sourceBytes).put("bytes_quantized", bytes);
        measured.ifPresent(quality -> quality.write(json));
        if (!floatLayers.isEmpty()) {
            ObjectNode floats = json.putObject("float_layers");
            floatLayers.forEach(floats::put);
        }
        return json;
    }
}
