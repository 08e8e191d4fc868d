package org.mixdq4j.cpu.parity;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.model.Networks;
import org.mixdq4j.core.model.clip.ClipDual;
import org.mixdq4j.core.model.clip.ClipText;
import org.mixdq4j.core.model.unet.UNet2DCondition;
import org.mixdq4j.core.model.vae.AutoencoderKl;
import org.mixdq4j.core.safetensors.SafetensorsFile;
import org.mixdq4j.core.safetensors.SafetensorsFolder;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/** A recorded run of a reference implementation: a network, its inputs, outputs and values inside. */
record Fixture(JsonNode config, Path model, Map<String, Tensor> io) {
    static List<String> names(String... prefixes) {
        try (Stream<Path> folders = Files.list(root())) {
            return folders.map(folder -> folder.getFileName().toString())
                    .filter(name -> Stream.of(prefixes).anyMatch(name::startsWith))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Fixture load(String name) {
        try {
            ObjectMapper json = new ObjectMapper();
            Path folder = root().resolve(name);
            Path other = folder.resolve("model.json");
            Path model = Files.exists(other)
                    ? root().resolve(json.readTree(other.toFile()).get("model").textValue())
                    : folder;
            Map<String, Tensor> io = new LinkedHashMap<>();
            try (SafetensorsFile file = SafetensorsFile.open(folder.resolve("io.safetensors"))) {
                file.names().forEach(key -> io.put(key, copy(file.tensor(key))));
            }
            return new Fixture(json.readTree(model.resolve("config.json").toFile()), model, io);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    SafetensorsFolder weights() {
        return SafetensorsFolder.open(model);
    }

    /** The graphs that together compute all recorded outputs. */
    List<Graph> graphs() {
        return switch (Networks.architecture(config)) {
            case "UNet2DConditionModel" -> {
                Shape x = shape("in.sample");
                int tokens = shape("in.encoder_hidden_states").dim(1);
                yield List.of(UNet2DCondition.graph(config, x.dim(0), x.dim(2), x.dim(3), tokens));
            }
            case "AutoencoderKL" -> {
                Shape latent = shape("in.latent");
                Shape image = shape("in.image");
                yield List.of(
                        AutoencoderKl.decoder(config, latent.dim(0), latent.dim(2), latent.dim(3)),
                        AutoencoderKl.encoder(config, image.dim(0), image.dim(2), image.dim(3)));
            }
            case ClipDual.NETWORK -> List.of(ClipDual.graph(
                    config,
                    shape("in.input_ids").dim(0),
                    shape("in.pixel_values").dim(0)));
            default -> List.of(ClipText.graph(config, shape("in.input_ids").dim(0)));
        };
    }

    /** Recorded tensors whose names begin with {@code kind} and a dot, without it. */
    Map<String, Tensor> recorded(String kind) {
        Map<String, Tensor> found = new LinkedHashMap<>();
        io.forEach((name, tensor) -> {
            if (name.startsWith(kind + ".")) {
                found.put(name.substring(kind.length() + 1), tensor);
            }
        });
        return found;
    }

    private Shape shape(String name) {
        return io.get(name).shape();
    }

    private static Tensor copy(Tensor mapped) {
        Tensor copy = Tensor.zeros(mapped.dtype(), mapped.shape());
        copy.buffer().put(mapped.buffer());
        return copy;
    }

    private static Path root() {
        return Path.of(System.getProperty("mixdq.root"), "util_files", "fixtures");
    }
}
