package org.mixdq4j.core.artifact.sensitivity;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.io.AtomicFiles;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.DuplicateKeyException;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;

/**
 * A YAML map from layer to something. MixDQ writes layers as {@code model.<path>}; here they are {@code <path>}. What
 * MixDQ's own tools have no place for is said in comments {@code # name: value}.
 *
 * @param file where it was read
 * @param text all of the file
 * @param layers layer id to value
 */
public record LayerYaml(Path file, String text, SortedMap<String, Object> layers) {
    private static final String PREFIX = "model.";
    private static final int MOST_CHARACTERS = 256 << 20;

    /**
     * @param what the file holds, for failures: "sensitivity"
     * @param example one line of such a file, for failures
     * @throws MixdqException if the file is not such a map or names a layer twice
     */
    public static LayerYaml read(Path file, String what, String example) {
        String text = text(file, what);
        LoaderOptions options = new LoaderOptions();
        options.setAllowDuplicateKeys(false);
        options.setCodePointLimit(MOST_CHARACTERS);
        Object root;
        try {
            root = new Yaml(new SafeConstructor(options)).load(text);
        } catch (DuplicateKeyException e) {
            throw twice(file, id(e.getProblem().replaceFirst("^.*duplicate key ", "")));
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
            String id = id(String.valueOf(key));
            if (layers.put(id, value == null ? "nothing" : value) != null) {
                throw twice(file, id);
            }
        });
        return new LayerYaml(file, text, layers);
    }

    private static String text(Path file, String what) {
        if (!Files.isRegularFile(file)) {
            throw new UsageException("there is no " + what + " file " + file + "; check the path");
        }
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw AtomicFiles.failure("read", file, e);
        }
    }

    private static MixdqException twice(Path file, String id) {
        return new MixdqException(file + " names the layer " + id + " twice; keep one of the lines");
    }

    /** The layer a key names: what is behind {@code model.}, where it begins so. */
    private static String id(String key) {
        return key.startsWith(PREFIX) ? key.substring(PREFIX.length()) : key;
    }

    /** What the file's comment {@code # name: value} says. */
    Optional<String> comment(String name) {
        Matcher matcher = Pattern.compile("(?m)^#\\s*" + Pattern.quote(name) + "\\s*:(.*)$")
                .matcher(text);
        return matcher.find() ? Optional.of(matcher.group(1).trim()) : Optional.empty();
    }

    /**
     * Writes such a file, sorted by layer.
     *
     * @param comments lines to begin with, without their {@code #}
     * @param layers layer id to its value as YAML
     */
    public static void write(Path file, List<String> comments, Map<String, String> layers) {
        StringBuilder text = new StringBuilder();
        comments.forEach(comment -> text.append("# ").append(comment).append('\n'));
        new TreeMap<>(layers).forEach((id, value) -> text.append(PREFIX)
                .append(id)
                .append(": ")
                .append(value)
                .append('\n'));
        AtomicFiles.writeString(file, text.toString());
    }

    /** A number that YAML 1.1 and 1.2 read as just this double: Java's {@code 1.0E10} would be text to PyYAML. */
    static String number(double value) {
        if (Double.isInfinite(value)) {
            return value > 0 ? ".inf" : "-.inf";
        }
        return Double.toString(value).replaceFirst("E(?=\\d)", "E+");
    }
}
