package org.mixdq4j.core.artifact.checkpoint.comfy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.TreeSet;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.quant.Rotation;

/**
 * Names and settings of the format int8_tensorwise: of a Linear {@code m} the file holds {@code m.weight} as I8 [out, in],
 * {@code m.weight_scale} as F32 with one number or one a row, and {@code m.comfy_quant}, JSON text as U8. At run time each
 * row of the input is quantized by its own largest magnitude; with {@code convrot} it is rotated before in runs of
 * {@code convrot_groupsize} features, as the weights are ({@link Rotation}). Source: comfy-kitchen and stable-diffusion.cpp as read in
 * November 2026.
 */
public final class ComfyFormat {
    /** What a weight's name ends with. */
    public static final String WEIGHT = ".weight";
    /** Behind the module: its scales. */
    public static final String SCALE = ".weight_scale";
    /** Behind the module: how it is quantized. */
    public static final String SETTINGS = ".comfy_quant";
    /** Key of the file's metadata under which the same settings may stand for all modules. */
    public static final String METADATA = "_quantization_metadata";
    /** Key of the file's metadata under which we note what the file was made from. */
    public static final String ORIGIN = "mixdq";

    static final String FORMAT = "int8_tensorwise";
    /** A layer's settings are a line; more is no such text. */
    static final int MAX_SETTINGS_BYTES = 4096;

    private static final String CONVROT = "convrot";
    private static final String GROUP = "convrot_groupsize";
    /** Where a layer is rotated and does not say how. */
    private static final int USUAL_GROUP = 256;

    private static final Set<String> KNOWN = Set.of("format", CONVROT, GROUP, "full_precision_matrix_mult");

    private ComfyFormat() {}

    /** The text of {@link #SETTINGS}. @param rotation of the layer's inputs, or {@link Rotation#NONE} */
    public static byte[] settings(int rotation) {
        ObjectNode json = Json.mapper().createObjectNode();
        json.put("format", FORMAT);
        if (rotation != Rotation.NONE) {
            json.put(CONVROT, true).put(GROUP, rotation);
        }
        return json.toString().getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Refuses settings that are not int8_tensorwise.
     *
     * @param inputs of the layer
     * @param what names the layer and the file
     * @return features a run in which inputs are rotated, or {@link Rotation#NONE}
     * @throws MixdqException naming what was found
     */
    static int rotation(JsonNode settings, int inputs, String what) {
        String format = settings.path("format").asText();
        if (!settings.isObject() || !format.equals(FORMAT)) {
            throw new MixdqException(what + " is quantized as '" + (format.isEmpty() ? settings.getNodeType() : format)
                    + "', expected " + FORMAT + "; get the model in that form or in FP16.");
        }
        Set<String> unknown = new TreeSet<>();
        settings.fieldNames().forEachRemaining(unknown::add);
        unknown.removeAll(KNOWN);
        if (!unknown.isEmpty()) {
            throw new MixdqException(what + " has the settings " + unknown + " in its " + SETTINGS.substring(1)
                    + ", expected " + FORMAT + " without others; get the model in another form.");
        }
        JsonNode group = settings.path(GROUP);
        if (!settings.path(CONVROT).asBoolean()) {
            return Rotation.NONE;
        }
        int size = group.isMissingNode() ? USUAL_GROUP : group.isInt() ? group.intValue() : Rotation.NONE;
        if (!Rotation.isSize(size) || inputs % size != 0) {
            throw new MixdqException(what + " has inputs rotated in runs of " + (group.isMissingNode() ? size : group)
                    + " (" + GROUP + "), expected a power of 4 from 4 to 4096 that divides its " + inputs
                    + " inputs; get the model in another form.");
        }
        return size;
    }
}
