package org.mixdq4j.ptq.encoder;

import com.fasterxml.jackson.databind.JsonNode;
import org.mixdq4j.core.io.Json;

/**
 * What became of a text encoder.
 *
 * @param component its folder in the model, such as {@code text_encoder_3}
 * @param bits of its weights
 * @param layers how many of its layers are quantized
 * @param sourceBytes of the weights files it was made from
 * @param bytes of the weights file it became
 */
public record EncoderBytes(String component, int bits, int layers, long sourceBytes, long bytes) {
    /** All but the component's name. */
    public JsonNode toJson() {
        return Json.mapper()
                .createObjectNode()
                .put("weight_bits", bits)
                .put("layers", layers)
                .put("bytes_source", sourceBytes)
                .put("bytes_quantized", bytes);
    }
}
