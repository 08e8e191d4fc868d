package org.mixdq4j.bitalloc.table;

import java.nio.file.Path;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import org.mixdq4j.core.error.MixdqException;

/**
 * Elements of every layer: of its weight, or of its input. The YAML is MixDQ's, {@code model.<path>: size}, where a size
 * is relative to some unit: 11520 parameters or 320 input elements in the published files, 1 where sizes are counts.
 *
 * @param file where it was read
 * @param unit elements a size of 1 stands for
 * @param layers layer id to its number of elements
 */
public record SizeTable(Path file, double unit, SortedMap<String, Long> layers) {
    /** Parameters per unit of the published weight sizes: those of conv_in of SDXL. */
    public static final double PUBLISHED_WEIGHT_UNIT = 11520;

    /** Input elements per unit of the published activation sizes. */
    public static final double PUBLISHED_ACTIVATION_UNIT = 320;

    /** How far from a whole number of elements a size may be, as a share of itself: what decimal places take away. */
    private static final double ROUNDING = 1e-6;

    /** @throws MixdqException if the file is not such a table, naming the layer and the number */
    public static SizeTable read(Path file, double unit) {
        SortedMap<String, Long> layers = new TreeMap<>();
        LayerYaml.parse(file, LayerYaml.text(file, "size"), "model.conv_in: 1.0")
                .forEach((id, value) -> layers.put(id, elements(file, unit, id, value)));
        return new SizeTable(file, unit, Collections.unmodifiableSortedMap(layers));
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

    /** Elements of a layer. @throws MixdqException if the table lacks it */
    public long elements(String id) {
        Long elements = layers.get(id);
        if (elements == null) {
            throw new MixdqException("the layer " + id + " is missing in " + file
                    + "; all tables must be of the same model, so add its size or take the files that belong together");
        }
        return elements;
    }
}
