package org.mixdq4j.ptq.decoder;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import org.mixdq4j.core.io.Json;

/**
 * What became of a VAE's decoder.
 *
 * @param layers how many of its layers are quantized
 * @param floatLayers id to the reason it stayed in float
 * @param alone SQNR in dB of its output with only that layer quantized; empty if not measured
 * @param pictures how many it was tried on
 * @param others whether these are of samples that ranges do not come from; a set that has none left gives those they come from
 * @param psnr of these pictures against those of the float one, in dB, the mean
 * @param leastPsnr the least of them
 * @param sourceBytes of the weights files it was made from, encoder included
 * @param bytes of the weights file it became
 */
public record DecoderReport(
        int layers,
        Map<String, String> floatLayers,
        Map<String, Double> alone,
        int pictures,
        boolean others,
        double psnr,
        double leastPsnr,
        long sourceBytes,
        long bytes) {
    public JsonNode toJson() {
        ObjectNode json = Json.mapper().createObjectNode();
        json.put("layers", layers);
        json.put("pictures", pictures).put("pictures_held_out", others);
        json.put("psnr_db", psnr).put("least_psnr_db", leastPsnr);
        json.put("bytes_source", sourceBytes).put("bytes_quantized", bytes);
        ObjectNode sqnr = json.putObject("output_sqnr_db_layer_alone");
        alone.forEach(sqnr::put);
        ObjectNode floats = json.putObject("float_layers");
        floatLayers.forEach(floats::put);
        return json;
    }
}
