package org.mixdq4j.core.network;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Configurations and headers of the models and fixtures that ship. */
public final class Shipped {
    private static final ObjectMapper JSON = new ObjectMapper();

    private Shipped() {}

    public static Path path(String below) {
        return Path.of(System.getProperty("mixdq.root"), "util_files", below);
    }

    public static JsonNode json(String below) {
        try {
            return JSON.readTree(path(below).toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A changeable copy of a folder's config.json. */
    public static ObjectNode config(String folder) {
        return (ObjectNode) json(folder + "/config.json");
    }

    /** Header of the weights in a folder. */
    public static HeaderWeights weights(String folder) {
        return HeaderWeights.read(weightsFile(path(folder)));
    }

    private static Path weightsFile(Path folder) {
        return Stream.of("model.safetensors", "diffusion_pytorch_model.safetensors")
                .map(folder::resolve)
                .filter(Files::exists)
                .findFirst()
                .orElseThrow();
    }

    /** Fixture folders whose names begin with one of the prefixes. */
    public static List<String> fixtures(String... prefixes) {
        try (Stream<Path> folders = Files.list(path("fixtures"))) {
            return folders.map(folder -> folder.getFileName().toString())
                    .filter(name -> Stream.of(prefixes).anyMatch(name::startsWith))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Folder with configuration and weights of a fixture: its own unless model.json names another. */
    public static String modelOf(String fixture) {
        boolean other = Files.exists(path("fixtures/" + fixture + "/model.json"));
        return "fixtures/"
                + (other
                        ? json("fixtures/" + fixture + "/model.json")
                                .get("model")
                                .textValue()
                        : fixture);
    }
}
