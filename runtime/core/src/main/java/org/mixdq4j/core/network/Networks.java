package org.mixdq4j.core.network;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiFunction;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.network.clip.ClipDual;
import org.mixdq4j.core.network.clip.ClipText;
import org.mixdq4j.core.network.mmdit.SD3Transformer2D;
import org.mixdq4j.core.network.t5.T5Encoder;
import org.mixdq4j.core.network.unet.UNet2DCondition;
import org.mixdq4j.core.network.vae.AutoencoderKl;
import org.mixdq4j.core.network.vae.AutoencoderTiny;

/** Builds the network a config.json describes, whichever it is. */
public final class Networks {
    private static final Map<String, BiFunction<JsonNode, NetworkShape, Graph>> BUILDERS = new TreeMap<>(Map.of(
            "UNet2DConditionModel",
            (config, s) -> UNet2DCondition.graph(config, s.batch(), s.height(), s.width(), s.tokens()),
            "AutoencoderKL",
            (config, s) -> AutoencoderKl.decoder(config, s.batch(), s.height(), s.width()),
            AutoencoderTiny.NETWORK,
            (config, s) -> AutoencoderTiny.decoder(config, s.batch(), s.height(), s.width()),
            SD3Transformer2D.NETWORK,
            (config, s) -> SD3Transformer2D.graph(config, s.batch(), s.height(), s.width(), s.tokens()),
            T5Encoder.NETWORK,
            (config, s) -> T5Encoder.graph(config, s.batch(), s.tokens()),
            ClipText.PLAIN,
            (config, s) -> ClipText.graph(config, s.batch()),
            ClipText.PROJECTED,
            (config, s) -> ClipText.graph(config, s.batch()),
            ClipDual.NETWORK,
            (config, s) -> ClipDual.graph(config, s.batch(), s.batch())));

    private Networks() {}

    /**
     * The graph of a network; of an AutoencoderKL its decoder (its encoder: {@link AutoencoderKl#encoder}).
     *
     * @param config content of config.json
     * @throws MixdqException if the architecture or one of its settings is not supported
     */
    public static Graph build(JsonNode config, NetworkShape shape) {
        String architecture = architecture(config);
        BiFunction<JsonNode, NetworkShape, Graph> builder = BUILDERS.get(architecture);
        if (builder == null) {
            throw unsupported(architecture);
        }
        return builder.apply(config, shape);
    }

    /** The failure of meeting an architecture nothing here builds. */
    public static MixdqException unsupported(String architecture) {
        return new MixdqException("The config.json describes the architecture '" + architecture
                + "', which is not supported; supported are " + String.join(", ", BUILDERS.keySet()) + ".");
    }

    /**
     * Reads a config.json.
     *
     * @throws MixdqException naming the file, if it cannot be read or does not say which network it describes
     */
    public static JsonNode read(Path file) {
        JsonNode config = Json.read(file);
        if (named(config).isEmpty()) {
            throw new MixdqException("The file " + file + " has neither '_class_name' nor 'architectures', expected one"
                    + " that names the network; take the file from the model's folder.");
        }
        return config;
    }

    /** As {@link #architecture}, empty where that fails. */
    public static Optional<String> named(JsonNode config) {
        JsonNode name = config.has("_class_name")
                ? config.get("_class_name")
                : config.path("architectures").path(0);
        return name.isTextual() ? Optional.of(name.textValue()) : Optional.empty();
    }

    /**
     * What a config.json describes: {@code _class_name} as diffusers writes, else the first of {@code architectures} as
     * transformers does.
     *
     * @throws MixdqException if it says neither
     */
    public static String architecture(JsonNode config) {
        return named(config)
                .orElseThrow(() -> new MixdqException(
                        "The config.json has neither '_class_name' nor 'architectures', expected one that names the"
                                + " network; take the file from the model's folder."));
    }
}
