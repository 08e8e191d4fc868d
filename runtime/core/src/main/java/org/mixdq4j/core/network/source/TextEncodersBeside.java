package org.mixdq4j.core.network.source;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.mixdq4j.core.io.AtomicFiles;
import org.mixdq4j.core.safetensors.SafetensorsFile;

/** The text encoders of SD3 as its reference implementation has them: files beside the model, or in text_encoders there. */
final class TextEncodersBeside {
    /** What file names begin with, to components. */
    private static final Map<String, String> NAMES =
            Map.of("clip_l", "text_encoder", "clip_g", "text_encoder_2", "t5xxl", "text_encoder_3");

    private TextEncodersBeside() {}

    static Map<String, FilePart> of(Path model) {
        Path own = model.toAbsolutePath().getParent();
        Map<String, FilePart> found = new LinkedHashMap<>();
        for (Path folder : List.of(own, own.resolve("text_encoders"))) {
            for (Path file : files(folder)) {
                NAMES.forEach((name, component) -> {
                    if (file.getFileName().toString().startsWith(name) && !found.containsKey(component)) {
                        part(file, component).ifPresent(part -> found.put(component, part));
                    }
                });
            }
        }
        return found;
    }

    private static Optional<FilePart> part(Path file, String component) {
        try (SafetensorsFile weights = SafetensorsFile.open(file)) {
            return component.equals("text_encoder_3")
                    ? FileContents.t5(file, weights, "")
                    : FileContents.clip(file, weights, component, List.of(""));
        }
    }

    /** Sorted: of several forms of one encoder, {@code t5xxl_fp16} comes before {@code t5xxl_fp8}. */
    private static List<Path> files(Path folder) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(".safetensors"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw AtomicFiles.failure("list", folder, e);
        }
    }
}
