package org.mixdq4j.cpu;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** What the processor says it can do, from Linux' {@code /proc/cpuinfo}. */
record InstructionSets(String processor, Set<String> flags) {
    /** Those that decide how fast matrix products are, oldest first. */
    private static final List<String> RELEVANT = List.of(
            "avx2",
            "fma",
            "avx512f",
            "avx512_vnni",
            "avx512_bf16",
            "avx512_fp16",
            "avx_vnni",
            "avx_vnni_int8",
            "amx_tile",
            "amx_int8",
            "amx_bf16");

    /** This machine's; without names if the system does not tell. */
    static InstructionSets read() {
        try {
            return parse(Files.readAllLines(Path.of("/proc/cpuinfo")));
        } catch (IOException e) {
            return parse(List.of());
        }
    }

    static InstructionSets parse(List<String> lines) {
        return new InstructionSets(
                field(lines, "model name", "unknown processor"),
                new LinkedHashSet<>(Arrays.asList(field(lines, "flags", "").split("\\s+"))));
    }

    List<String> relevant() {
        List<String> found = new ArrayList<>(RELEVANT);
        found.retainAll(flags);
        return found;
    }

    private static String field(List<String> lines, String name, String otherwise) {
        for (String line : lines) {
            int colon = line.indexOf(':');
            if (colon > 0 && line.substring(0, colon).trim().equals(name)) {
                return line.substring(colon + 1).trim();
            }
        }
        return otherwise;
    }
}
