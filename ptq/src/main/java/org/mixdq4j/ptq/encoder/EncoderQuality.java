package org.mixdq4j.ptq.encoder;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;

/**
 * What was measured of a text encoder, all as SQNR in dB of its outputs, each row by itself.
 *
 * @param allLayers with every layer quantized, every token alike
 * @param firstInFloat with every layer quantized, but the first token's row in float
 * @param firstRow whether the first token's row stays in float
 * @param alone with each layer alone quantized; empty if not measured
 * @param sqnr as written
 * @param texts how many that is measured on
 * @param others whether these are captions that no choice was made on; a set that has none left gives those
 */
public record EncoderQuality(
        double allLayers,
        double firstInFloat,
        boolean firstRow,
        Map<String, Double> alone,
        double sqnr,
        int texts,
        boolean others) {
    void write(ObjectNode json) {
        json.put("output_sqnr_db", sqnr).put("texts", texts).put("texts_held_out", others);
        json.put("first_row_in_float", firstRow);
        json.putObject("output_sqnr_db_all_layers").put("every row", allLayers).put("first row in float", firstInFloat);
        ObjectNode single = json.putObject("output_sqnr_db_layer_alone");
        alone.forEach(single::put);
    }
}
