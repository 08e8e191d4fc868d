package org.mixdq4j.bitalloc.table;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.io.AtomicFiles;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;

/** A YAML map from layer to something. MixDQ writes layers as {@code model.<path>}; here they are {@code <path>}. */
final class LayerYaml {
    static final String PREFIX = "model.";
    private static final int MOST_CHARACTERS = 256 << 20;

    private LayerYaml() {}

    /** @param example one line of such a file, for failures */
    static SortedMap<String, Object> parse(Path file, String text, String example) {
        LoaderOptions options = new LoaderOptions();
        options.setAllowDuplicateKeys(false);
        options.setCodePointLimit(MOST_CHARACTERS);
        Object root;
        try {
            root = new Yaml(new SafeConstructor(options)).load(text);
        } catch (YAMLException e) {
            String reason = e.getMessage().replaceAll("\\s+", " ");
            throw new MixdqException(
                    file + " is not YAML (" + reason.substring(0, Math.min(160, reason.length()))
                            + "); expected lines like '" + example + "'",
                    e);
        }
        if (!(root instanceof Map<?, ?> map) || map.isEmpty()) {
            throw new MixdqException(
                    file + " holds no map from layers to values; expected lines like '" + example + "'");
        }
        SortedMap<String, Object> layers = new TreeMap<>();
        map.forEach((key, value) -> {
            String name = String.valueOf(key);
            String id = name.startsWith(PREFIX) ? name.substring(PREFIX.length()) : name;
            if (layers.put(id, value == null ? "nothing" : value) != null) {
                throw new MixdqException(file + " names the layer " + id + " twice; keep one of the lines");
            }
        });
        return layers;
    }

    static String text(Path file, String what) {
        if (!Files.isRegularFile(file)) {
            throw new UsageException("there is no " + what + " file " + file + "; check the path");
        }
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw AtomicFiles.failure("read", file, e);
        }
    }
}
