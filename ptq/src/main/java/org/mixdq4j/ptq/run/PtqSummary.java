package org.mixdq4j.ptq.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.quantize.balance.Balance;
import org.mixdq4j.ptq.decoder.DecoderReport;
import org.mixdq4j.ptq.encoder.EncoderReport;
import org.mixdq4j.ptq.forms.NetworkBytes;
import org.mixdq4j.ptq.plan.BitPlan;
import org.mixdq4j.ptq.probe.Protection;
import org.mixdq4j.ptq.rank.RankedPlan;
import org.mixdq4j.ptq.rounding.RoundingReport;

/**
 * What a quantization did.
 *
 * @param network layers and bytes by form, average bits
 * @param float32Bytes of the network's parameters in FP32
 * @param sourceBytes of the weights file it was made from
 * @param quantizedBytes of the weights file it became
 * @param alone SQNR in dB of the network's output with only that layer quantized; empty if not measured
 * @param floatLayers id to the reason it stayed in float
 * @param quality variant to SQNR in dB of the network's output; empty if not measured
 * @param qualityRows calibration rows {@code quality} was measured on
 * @param plan what decided the bits; empty: the scheme
 * @param candidates what it was chosen among, best first in each round; empty if there was nothing to choose
 * @param balance factors of input channels; empty if they were not asked for
 * @param rounding what rounding by what layers read brought; empty if it was not asked for or no layer has so few bits
 * @param textEncoders those that were quantized
 * @param decoder what became of the VAE's decoder; empty if it stays in float
 */
public record PtqSummary(
        NetworkBytes network,
        long float32Bytes,
        long sourceBytes,
        long quantizedBytes,
        Map<String, Double> alone,
        Map<String, String> floatLayers,
        Map<String, Double> quality,
        int qualityRows,
        Optional<BitPlan> plan,
        List<RankedPlan> candidates,
        Optional<RoundingReport> rounding,
        List<EncoderReport> textEncoders,
        Optional<DecoderReport> decoder,
        Optional<Balance> balance) {

    /** Layers by form, such as {@code W8A8} or {@code float}. */
    public Map<String, Integer> formCounts() {
        return network.layers();
    }

    /** The layers that cost most alone, worst first; one without a ratio (its output was no number) before all others. */
    public List<Map.Entry<String, Double>> worst(int count) {
        return Protection.ranked(alone, count);
    }

    public JsonNode toJson() {
        ObjectNode json = Json.mapper().createObjectNode();
        ObjectNode forms = json.putObject("layers");
        network.layers().forEach(forms::put);
        ObjectNode formBytes = json.putObject("bytes_by_form");
        network.bytes().forEach(formBytes::put);
        json.put("average_weight_bits", network.weightBits()).put("average_activation_bits", network.activationBits());
        json.put("bytes_float32", float32Bytes).put("bytes_source", sourceBytes).put("bytes_quantized", quantizedBytes);
        ObjectNode qualityNode = json.putObject("output_sqnr_db");
        quality.forEach(qualityNode::put);
        json.put("output_sqnr_rows", qualityRows);
        rounding.ifPresent(report -> json.set("rounding", report.toJson()));
        if (!textEncoders.isEmpty()) {
            ObjectNode encoders = json.putObject("text_encoders");
            textEncoders.forEach(encoder -> encoders.set(encoder.component(), encoder.toJson()));
        }
        decoder.ifPresent(report -> json.set("vae", report.toJson()));
        balance.ifPresent(found -> json.set("balance", found.toJson()));
        ObjectNode aloneNode = json.putObject("output_sqnr_db_layer_alone");
        worst(alone.size()).forEach(entry -> aloneNode.put(entry.getKey(), entry.getValue()));
        plan.ifPresent(chosen -> json.set("plan", chosen.toJson()));
        if (!candidates.isEmpty()) {
            ArrayNode ranked = json.putArray("candidates");
            candidates.forEach(candidate -> ranked.add(candidate.toJson()));
        }
        ObjectNode floats = json.putObject("float_layers");
        floatLayers.forEach(floats::put);
        return json;
    }
}
