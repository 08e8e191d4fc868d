package org.mixdq4j.ptq.rank;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;
import org.mixdq4j.core.io.Json;

/**
 * How close a network with a plan's bits, simulated, comes to the float one.
 *
 * @param outputSqnr dB of the network's output, over all rows
 * @param pictures of the denoised pictures; empty if none were decoded
 */
public record PlanQuality(double outputSqnr, Optional<Pictures> pictures) {
    /**
     * @param mse mean over all pictures of squared differences of values in 0..1
     * @param ssim mean over pictures (Gaussian window)
     */
    public record Pictures(double mse, double ssim) {
        /** PSNR of the mean squared error of all pictures, dB; +Infinity if they are equal. */
        public double psnr() {
            return mse == 0 ? Double.POSITIVE_INFINITY : -10 * Math.log10(mse);
        }
    }

    /** Fields as in summary.json. */
    public ObjectNode toJson() {
        ObjectNode json = Json.mapper().createObjectNode();
        json.put("output_sqnr_db", outputSqnr);
        pictures.ifPresent(measured -> json.put("picture_mse", measured.mse())
                .put("picture_psnr_db", measured.psnr())
                .put("picture_ssim", measured.ssim()));
        return json;
    }

    static PlanQuality fromJson(JsonNode json) {
        return new PlanQuality(
                json.path("output_sqnr_db").asDouble(),
                json.has("picture_mse")
                        ? Optional.of(new Pictures(
                                json.path("picture_mse").asDouble(),
                                json.path("picture_ssim").asDouble()))
                        : Optional.empty());
    }
}
