package org.mixdq4j.ptq.plan;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
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
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;

/** Reads MixDQ's bit configurations, {@code model.<path>: bits}, which is what {@code mixdq allocate} writes. */
public final class PlanReader {
    private static final String PREFIX = "model.";
    private static final String FORM = "; expected lines like 'model.conv_in: 8'.";

    private PlanReader() {}

    /**
     * @throws UsageException if there is no such file
     * @throws MixdqException if it is no plan, naming the line or the layer
     */
    public static BitTable read(Path file) {
        if (!Files.isRegularFile(file)) {
            throw new UsageException("There is no plan file " + file + "; make one with 'mixdq allocate'.");
        }
        Object root;
        try {
            LoaderOptions options = new LoaderOptions();
            options.setAllowDuplicateKeys(false);
            root = new Yaml(new SafeConstructor(options)).load(Files.readString(file));
        } catch (MarkedYAMLException e) {
            throw new MixdqException("The plan " + file + " is wrong in line "
                    + (e.getProblemMark() == null ? 1 : e.getProblemMark().getLine() + 1) + ": " + e.getProblem()
                    + FORM);
        } catch (YAMLException e) {
            throw new MixdqException("The plan " + file + " is not YAML" + FORM);
        } catch (CharacterCodingException e) {
            throw new MixdqException("The plan " + file + " is not text in UTF-8" + FORM);
        } catch (IOException e) {
            throw AtomicFiles.failure("read", file, e);
        }
        if (!(root instanceof Map<?, ?> map) || map.isEmpty()) {
            throw new MixdqException("The plan " + file + " holds no map from layers to bits" + FORM);
        }
        SortedMap<String, Integer> bits = new TreeMap<>();
        map.forEach((key, value) -> {
            String name = String.valueOf(key);
            String id = name.startsWith(PREFIX) ? name.substring(PREFIX.length()) : name;
            if (bits.put(id, bits(file, id, value)) != null) {
                throw new MixdqException("The plan " + file + " names the layer '" + id
                        + "' twice, with and without 'model.' before it; keep one of the lines.");
            }
        });
        return new BitTable(file, bits);
    }

    private static int bits(Path file, String id, Object value) {
        if (value instanceof Integer bits && (bits >= 2 && bits <= 8 || bits == BitTable.FLOAT)) {
            return bits;
        }
        throw new MixdqException("The plan " + file + " gives the layer '" + id + "' " + value
                + " bits; expected a whole number from 2 to 8, or " + BitTable.FLOAT + " for float.");
    }
}
