package org.mixdq4j.core.artifact.checkpoint.comfy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.quant.Rotation;
import org.mixdq4j.core.safetensors.SafetensorsFile;
import org.mixdq4j.core.tensor.Shape;

/**
 * What a file quantized for ComfyUI holds, told without knowing its network.
 *
 * @param layers how weights are stored, in words, to how many layers are
 * @param rotated the same to how many of them have inputs rotated in runs of so many features
 */
public record ComfyContents(Map<String, Integer> layers, Map<String, Map<Integer, Integer>> rotated) {
    public ComfyContents {
        layers = Collections.unmodifiableMap(new TreeMap<>(layers));
        rotated = Collections.unmodifiableMap(new TreeMap<>(rotated));
    }

    /** @return empty if the file is no safetensors file, or names no quantized layer */
    public static Optional<ComfyContents> of(Path path) {
        if (!Files.isRegularFile(path) || !path.toString().endsWith(".safetensors")) {
            return Optional.empty();
        }
        Map<String, Integer> layers = new TreeMap<>();
        Map<String, Map<Integer, Integer>> rotated = new TreeMap<>();
        try (ComfyModules modules = ComfyModules.open(path)) {
            for (String module : modules.named()) {
                JsonNode settings = settings(modules, module);
                Optional<ComfyFormat.Form> form = form(modules, module, settings);
                String words = form.map(ComfyFormat.Form::words).orElseGet(() -> unread(settings));
                layers.merge(words, 1, Integer::sum);
                form.filter(known -> known.rotation() != Rotation.NONE)
                        .ifPresent(known -> rotated.computeIfAbsent(words, any -> new TreeMap<>())
                                .merge(known.rotation(), 1, Integer::sum));
            }
        }
        return layers.isEmpty() ? Optional.empty() : Optional.of(new ComfyContents(layers, rotated));
    }

    private static JsonNode settings(ComfyModules modules, String module) {
        try {
            return modules.settings(module);
        } catch (MixdqException e) {
            return MissingNode.getInstance();
        }
    }

    private static Optional<ComfyFormat.Form> form(ComfyModules modules, String module, JsonNode settings) {
        SafetensorsFile file = modules.file();
        String weight = module + ComfyFormat.WEIGHT;
        Shape shape = file.contains(weight) ? file.shape(weight) : Shape.of();
        try {
            return Optional.of(ComfyFormat.form(settings, shape.rank() < 2 ? 0 : shape.dim(1), module));
        } catch (MixdqException e) {
            // Named below: what is not read has a name too.
            return Optional.empty();
        }
    }

    private static String unread(JsonNode settings) {
        String format = settings.path("format").asText();
        return format.isEmpty() ? "a form without a name, which is not read" : format + ", which is not read";
    }

    /** {@code 743 layers in 8-bit integers (int8_tensorwise), inputs rotated: 700 in runs of 256; 8 layers in ...}. */
    @Override
    public String toString() {
        return layers.entrySet().stream()
                .map(form -> form.getValue()
                        + (form.getValue() == 1 ? " layer in " : " layers in ")
                        + form.getKey()
                        + rotations(rotated.getOrDefault(form.getKey(), Map.of())))
                .collect(Collectors.joining("; "));
    }

    private static String rotations(Map<Integer, Integer> counts) {
        return counts.isEmpty()
                ? ""
                : counts.entrySet().stream()
                        .map(count -> count.getValue() + " in runs of " + count.getKey())
                        .collect(Collectors.joining(", ", ", inputs rotated: ", ""));
    }
}
