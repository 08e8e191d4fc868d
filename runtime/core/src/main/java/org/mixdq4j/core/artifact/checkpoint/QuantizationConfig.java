package org.mixdq4j.core.artifact.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.io.Sha256;
import org.mixdq4j.core.network.source.ModelFingerprint;
import org.mixdq4j.core.quant.ActivationQuant;
import org.mixdq4j.core.quant.ActivationQuant.Granularity;
import org.mixdq4j.core.quant.LayerQuant;
import org.mixdq4j.core.quant.Rotation;
import org.mixdq4j.core.quant.WeightQuant;

/**
 * quantization_config.json: what a quantized checkpoint is of and how each layer is held.
 *
 * @param component the model component that was quantized, such as {@code unet}
 * @param source fingerprint of the float model
 * @param calibration digest of the calibration set's manifest
 * @param scheme the scheme as resolved when the checkpoint was written
 * @param weightsSha256 digest of the weights file
 * @param layers id to form, of the quantized layers
 * @param floatLayers id to the reason it was left in float
 */
public record QuantizationConfig(
        String component,
        ModelFingerprint source,
        String calibration,
        JsonNode scheme,
        String weightsSha256,
        Map<String, LayerQuant> layers,
        Map<String, String> floatLayers) {
    private static final String WEIGHTS_SHA256 = "weights_sha256";
    private static final String GRANULARITY = "activation_granularity";
    private static final String TENSOR = "tensor";
    private static final String TOKEN = "token";

    public QuantizationConfig {
        layers = Collections.unmodifiableMap(new LinkedHashMap<>(layers));
        floatLayers = Collections.unmodifiableMap(new LinkedHashMap<>(floatLayers));
    }

    /** Whether {@code folder} holds a finished quantized checkpoint. */
    public static boolean isIn(Path folder) {
        return Files.isRegularFile(folder.resolve(CheckpointFormat.CONFIG_FILE));
    }

    /** Reads the configuration in a checkpoint folder. */
    public static QuantizationConfig read(Path folder) {
        Path file = folder.resolve(CheckpointFormat.CONFIG_FILE);
        if (!Files.isRegularFile(file)) {
            throw new MixdqException("The folder " + folder + " has no " + CheckpointFormat.CONFIG_FILE
                    + ", so it is no finished quantized checkpoint; make one with 'mixdq ptq'.");
        }
        JsonNode json = Json.read(file);
        if (!CheckpointFormat.FORMAT.equals(json.path("format").asText())) {
            throw new MixdqException(
                    file + " is of the format '" + json.path("format").asText("unknown") + "', not "
                            + CheckpointFormat.FORMAT + "; it was not written by 'mixdq ptq'.");
        }
        int version = json.path("version").asInt();
        if (version < 1 || version > CheckpointFormat.VERSION) {
            throw new MixdqException(file + " has format version " + version + ", this mixdq reads up to "
                    + CheckpointFormat.VERSION + "; update mixdq or quantize again.");
        }
        Map<String, LayerQuant> layers = new LinkedHashMap<>();
        json.path("layers")
                .fields()
                .forEachRemaining(e -> layers.put(e.getKey(), layer(file, e.getKey(), e.getValue())));
        Map<String, String> floats = new LinkedHashMap<>();
        json.path("float_layers")
                .fields()
                .forEachRemaining(e -> floats.put(e.getKey(), e.getValue().asText()));
        if (layers.isEmpty()) {
            throw damaged(file, "names no quantized layers");
        }
        if (!json.path("component").asText().matches("\\w+")) {
            throw damaged(file, "names no model component");
        }
        if (!json.path(WEIGHTS_SHA256).asText().matches("[0-9a-f]{64}")) {
            throw damaged(file, "holds no SHA-256 of the weights");
        }
        return new QuantizationConfig(
                json.path("component").asText(),
                ModelFingerprint.fromJson(json.path("source")),
                json.path("calibration").asText(),
                json.path("scheme"),
                json.path(WEIGHTS_SHA256).asText(),
                layers,
                floats);
    }

    /** Digest of all but the weights' digest: the weights carry it, so that an edited configuration is noticed. */
    String digest() {
        return digest(toJson());
    }

    /** The digest of the configuration in a checkpoint folder as it stands there, be it of an earlier version. */
    static String digestIn(Path folder) {
        return digest(Json.read(folder.resolve(CheckpointFormat.CONFIG_FILE)));
    }

    private static String digest(JsonNode config) {
        ObjectNode json = config.deepCopy();
        json.remove(WEIGHTS_SHA256);
        return Sha256.of(json.toString().getBytes(StandardCharsets.UTF_8));
    }

    ObjectNode toJson() {
        ObjectNode json = Json.mapper().createObjectNode();
        json.put("format", CheckpointFormat.FORMAT).put("version", CheckpointFormat.VERSION);
        json.put("component", component);
        json.set("source", source.toJson());
        json.put("calibration", calibration);
        json.set("scheme", scheme);
        json.put(WEIGHTS_SHA256, weightsSha256);
        ObjectNode layerNodes = json.putObject("layers");
        layers.forEach((id, quant) -> layerNodes.set(id, layer(quant)));
        ObjectNode floatNodes = json.putObject("float_layers");
        floatLayers.forEach(floatNodes::put);
        return json;
    }

    private static JsonNode layer(LayerQuant quant) {
        ObjectNode json = Json.mapper().createObjectNode();
        quant.weight().ifPresent(weight -> {
            json.put("weight_bits", weight.bits());
            if (weight.group() > 0) {
                json.put("weight_group", weight.group());
            }
        });
        quant.activation().ifPresent(activation -> {
            json.put("activation_bits", activation.bits());
            if (activation.dynamic()) {
                json.put(GRANULARITY, TOKEN);
            }
        });
        if (!quant.split().isEmpty()) {
            ArrayNode split = json.putArray("split");
            quant.split().forEach(split::add);
        }
        if (quant.bos()) {
            json.put("bos", true);
        }
        if (quant.balanced()) {
            json.put("balanced", true);
        }
        if (quant.rotation() != Rotation.NONE) {
            json.put("rotation", quant.rotation());
        }
        return json;
    }

    private static LayerQuant layer(Path file, String id, JsonNode json) {
        List<Integer> split = new ArrayList<>();
        json.path("split").forEach(edge -> split.add(edge.asInt()));
        try {
            return new LayerQuant(
                    number(json, "weight_bits")
                            .map(bits -> new WeightQuant(
                                    bits, number(json, "weight_group").orElse(0))),
                    number(json, "activation_bits").map(bits -> new ActivationQuant(bits, granularity(json))),
                    split,
                    json.path("bos").asBoolean(),
                    json.path("balanced").asBoolean(),
                    number(json, "rotation").orElse(Rotation.NONE));
        } catch (IllegalArgumentException e) {
            throw damaged(file, "is wrong at layer '" + id + "' (" + e.getMessage() + ")");
        }
    }

    private static Granularity granularity(JsonNode json) {
        String word = json.path(GRANULARITY).asText(TENSOR);
        return switch (word) {
            case TENSOR -> Granularity.TENSOR;
            case TOKEN -> Granularity.TOKEN;
            default -> throw new IllegalArgumentException(
                    GRANULARITY + " is '" + word + "', not " + TENSOR + " or " + TOKEN);
        };
    }

    private static Optional<Integer> number(JsonNode json, String field) {
        if (!json.has(field)) {
            return Optional.empty();
        }
        if (!json.get(field).isInt()) {
            throw new IllegalArgumentException(field + " is " + json.get(field) + ", not a number");
        }
        return Optional.of(json.get(field).intValue());
    }

    private static MixdqException damaged(Path file, String found) {
        return new MixdqException(file + " " + found + "; it is damaged: write it again with 'mixdq ptq'.");
    }
}
