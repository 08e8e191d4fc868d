package org.mixdq4j.cuda.device;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A function of a source file, compiled with macros. Equal ones are one binary.
 *
 * @param file resource beside {@code kernels/}, such as {@code gemm_mma.cu}
 * @param entry name of the {@code extern "C"} function
 * @param defines macros by name
 * @param layouts of its arguments that are structures: the compiler checks that each field lies where Java writes it
 * @param specific whether it needs instructions of the device's architecture alone (wgmma)
 */
public record Kernel(
        String file, String entry, SortedMap<String, String> defines, List<Layout> layouts, boolean specific) {
    public Kernel {
        defines = Collections.unmodifiableSortedMap(new TreeMap<>(defines));
        layouts = List.copyOf(layouts);
    }

    public Kernel(String file, String entry, Map<String, ?> defines, Layout layout) {
        this(file, entry, text(defines), List.of(layout), false);
    }

    /** The same with instructions of the device's architecture alone. */
    public Kernel specialized() {
        return new Kernel(file, entry, defines, layouts, true);
    }

    /** A macro's number, 0 where it is not defined. */
    public int number(String macro) {
        return Integer.parseInt(defines.getOrDefault(macro, "0"));
    }

    private static SortedMap<String, String> text(Map<String, ?> defines) {
        SortedMap<String, String> text = new TreeMap<>();
        defines.forEach((name, value) -> text.put(name, String.valueOf(value)));
        return text;
    }

    @Override
    public String toString() {
        return entry + defines;
    }
}
