package org.mixdq4j.core.artifact.checkpoint.comfy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.quant.Rotation;

/**
 * Names and settings of ComfyUI's two forms of integer weights. In int8_tensorwise a Linear {@code m} has {@code m.weight} as
 * I8 [out, in], {@code m.weight_scale} as F32 with one number or one a row, and {@code m.comfy_quant}, JSON text as U8. In
 * asym_w4a8_int8 the weight is 4-bit codes ({@link GroupedCodes}). At run time each row of the input is quantized by its own
 * largest magnitude. Source: comfy-kitchen and stable-diffusion.cpp as read in November 2026.
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
    static final String GROUPED = "asym_w4a8_int8";
    /** A layer's settings are a line; more is no such text. */
    static final int MAX_SETTINGS_BYTES = 4096;

    private static final String CONVROT = "convrot";
    private static final String ROTATED = "convrot_groupsize";
    private static final String GROUP = "group_size";
    /** Where a layer is rotated and does not say how. */
    private static final int USUAL_ROTATION = 256;

    private static final int USUAL_GROUP = 16;

    /** Fields of each form's settings. */
    private static final Map<String, Set<String>> KNOWN = Map.of(
            FORMAT, Set.of("format", CONVROT, ROTATED, "full_precision_matrix_mult"),
            GROUPED, Set.of("format", CONVROT, ROTATED, GROUP, "full_precision_matrix_mult"));

    /**
     * How a layer is stored.
     *
     * @param rotation features a run in which inputs are rotated, or {@link Rotation#NONE}
     * @param group weights that share a factor; 0: they are 8-bit integers
     */
    record Form(int rotation, int group) {
        boolean grouped() {
            return group > 0;
        }

        /** How weights are stored. */
        String words() {
            return grouped()
                    ? "4-bit codes in groups of " + group + " (" + GROUPED + ")"
                    : "8-bit integers (" + FORMAT + ")";
        }

        /** Weights of a row whose stored bytes are {@code columns}. */
        int inputs(int columns) {
            return grouped() ? 2 * columns : columns;
        }
    }

    private ComfyFormat() {}

    /** The text of {@link #SETTINGS}. @param rotation of the layer's inputs, or {@link Rotation#NONE} */
    public static byte[] settings(int rotation) {
        ObjectNode json = Json.mapper().createObjectNode();
        json.put("format", FORMAT);
        if (rotation != Rotation.NONE) {
            json.put(CONVROT, true).put(ROTATED, rotation);
        }
        return json.toString().getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Reads a layer's settings.
     *
     * @param columns stored bytes of a row of the weight
     * @param what names the layer and the file
     * @throws MixdqException naming what was found, if they are of another form or cannot be
     */
    static Form form(JsonNode settings, int columns, String what) {
        String format = settings.path("format").asText();
        if (!settings.isObject() || !KNOWN.containsKey(format)) {
            throw new MixdqException(what + " is quantized as '" + (format.isEmpty() ? settings.getNodeType() : format)
                    + "', expected " + FORMAT + " or " + GROUPED + "; get the model in one of these or in FP16.");
        }
        Set<String> unknown = new TreeSet<>();
        settings.fieldNames().forEachRemaining(unknown::add);
        unknown.removeAll(KNOWN.get(format));
        if (!unknown.isEmpty()) {
            throw new MixdqException(what + " has the settings " + unknown + " in its " + SETTINGS.substring(1)
                    + ", expected " + format + " without others; get the model in another form.");
        }
        boolean grouped = format.equals(GROUPED);
        int inputs = grouped ? 2 * columns : columns;
        if (grouped && settings.has(CONVROT) && !settings.path(CONVROT).asBoolean()) {
            throw new MixdqException(what + " says of its inputs that they are not rotated (" + CONVROT
                    + "), expected that they are, as always in " + GROUPED + "; get the file from its source again.");
        }
        int rotation = grouped || settings.path(CONVROT).asBoolean()
                ? rotation(settings.path(ROTATED), inputs, what)
                : Rotation.NONE;
        return new Form(rotation, grouped ? group(settings.path(GROUP), inputs, what) : 0);
    }

    private static int rotation(JsonNode group, int inputs, String what) {
        int size = group.isMissingNode() ? USUAL_ROTATION : group.isInt() ? group.intValue() : Rotation.NONE;
        if (!Rotation.isSize(size) || inputs % size != 0) {
            throw new MixdqException(what + " has inputs rotated in runs of " + (group.isMissingNode() ? size : group)
                    + " (" + ROTATED + "), expected a power of 4 from 4 to 4096 that divides its " + inputs
                    + " inputs; get the model in another form.");
        }
        return size;
    }

    /** As comfy-kitchen has them: at least 4, dividing 16 or divided by it. */
    private static int group(JsonNode group, int inputs, String what) {
        int size = group.isMissingNode() ? USUAL_GROUP : group.isInt() ? group.intValue() : 0;
        boolean known = size >= 4 && (USUAL_GROUP % size == 0 || size % USUAL_GROUP == 0);
        if (!known || inputs % size != 0) {
            throw new MixdqException(what + " has weights in groups of " + (group.isMissingNode() ? size : group) + " ("
                    + GROUP + "), expected 4, 8, 16 or a multiple of 16 that divides its " + inputs
                    + " inputs; get the model in another form.");
        }
        return size;
    }
}
