package org.mixdq4j.core.artifact.sensitivity;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.SortedMap;
import java.util.TreeMap;
import org.mixdq4j.core.error.MixdqException;

/**
 * Elements of every layer: of its weight, or of its input. The YAML is MixDQ's, {@code model.<path>: size}, where a size
 * is relative to some unit: the one given by the caller, else that of a comment {@code # unit: 1} in the file, else that
 * of the published files, 11520 parameters or 320 input elements. Files written here hold counts.
 *
 * @param file where it was read
 * @param layers layer id to its number of elements
 */
public record SizeTable(Path file, SortedMap<String, Long> layers) {
    /** Parameters per unit of the published weight sizes: those of conv_in of SDXL. */
    public static final double PUBLISHED_WEIGHT_UNIT = 11520;

    /** Input elements per unit of the published activation sizes. */
    public static final double PUBLISHED_ACTIVATION_UNIT = 320;

    private static final String UNIT = "unit";

    /** How far from a whole number of elements a size may be, as a share of itself: what decimal places take away. */
    private static final double ROUNDING = 1e-6;

    /**
     * @param unit elements a size of 1 stands for; empty to take what the file says
     * @param otherwise the unit of a file that says nothing
     * @throws MixdqException if the file is not such a table, naming the layer and the number
     */
    public static SizeTable read(Path file, OptionalDouble unit, double otherwise) {
        LayerYaml yaml = LayerYaml.read(file, "size", "model.conv_in: 1.0");
        double used = unit.isPresent()
                ? unit.getAsDouble()
                : yaml.comment(UNIT).map(text -> unit(file, text)).orElse(otherwise);
        SortedMap<String, Long> layers = new TreeMap<>();
        yaml.layers().forEach((id, value) -> layers.put(id, elements(file, used, id, value)));
        return new SizeTable(file, Collections.unmodifiableSortedMap(layers));
    }

    /**
     * Writes counts as such a table.
     *
     * @param comments what else the file should say, a line each
     * @param layers layer id to its number of elements
     */
    public static void write(Path file, List<String> comments, Map<String, Long> layers) {
        List<String> head = new ArrayList<>(comments);
        head.add(UNIT + ": 1");
        Map<String, String> lines = new TreeMap<>();
        layers.forEach((id, elements) -> lines.put(id, elements.toString()));
        LayerYaml.write(file, head, lines);
    }

    private static double unit(Path file, String text) {
        if (!text.matches("\\d+(\\.\\d+)?") || !(Double.parseDouble(text) > 0)) {
            throw new MixdqException(file + " says '# " + UNIT + ": " + text
                    + "' where the elements that a size of 1 stands for were expected, like '# unit: 1'; correct the"
                    + " comment");
        }
        return Double.parseDouble(text);
    }

    private static long elements(Path file, double unit, String id, Object value) {
        double size = value instanceof Number number ? number.doubleValue() : Double.NaN;
        if (!(size > 0) || Double.isInfinite(size)) {
            throw new MixdqException(file + " has the size " + value + " for the layer " + id
                    + " where a number above 0 was expected; correct the line");
        }
        double elements = size * unit;
        long whole = Math.round(elements);
        if (whole == 0 || Math.abs(elements - whole) > ROUNDING * elements || whole > 1L << 48) {
            throw new MixdqException(
                    file + " has the size " + value + " for the layer " + id + ", which with a unit of " + unit
                            + " is not a whole number of elements; name the unit the file was written with");
        }
        return whole;
    }
}
