package org.mixdq4j.core.safetensors;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which tensors of a file are scales that others are to be multiplied by, as tools that store 8-bit floats write them: {@code
 * x.scale_weight} (ComfyUI's scaled_fp8) or {@code x.weight_scale} beside {@code x.weight}. Scales of inputs are for
 * arithmetic in 8-bit floats and change no weight.
 *
 * @param scaleOf weight to the name of its scale
 * @param unsupported weight to the name of a scale of a kind that is not read
 * @param packed weights of 4-bit codes, two a byte along the last axis, with factors of groups beside them
 * @param others names of scales and of what only says that there are some
 */
record StoredScales(
        Map<String, String> scaleOf, Map<String, String> unsupported, Set<String> packed, Set<String> others) {
    private static final String WEIGHT = ".weight";
    private static final String FACTORS = "_s_rel";
    /** Beside packed weights. */
    private static final List<String> GROUPED = List.of(FACTORS, "_s_channel", "_codebook", "_correction");

    private static final List<String> MARKERS = List.of("scaled_fp8", "comfy_quant");

    static StoredScales in(Set<String> names) {
        Map<String, String> scales = new HashMap<>();
        Map<String, String> unsupported = new HashMap<>();
        Set<String> packed = new HashSet<>();
        Set<String> others = new HashSet<>();
        for (String name : names) {
            if (MARKERS.contains(name.substring(name.lastIndexOf('.') + 1))) {
                others.add(name);
            }
            if (names.contains(name + FACTORS)) {
                packed.add(name);
                GROUPED.forEach(ending -> others.add(name + ending));
            }
            first(names, weightScales(name)).ifPresent(scale -> scales.put(name, scale));
            // Block-wise scales of other tools, and a second scale over them.
            first(names, List.of(name + "_scale_inv", name + "_scale_2"))
                    .ifPresent(scale -> unsupported.put(name, scale));
            first(names, inputScales(name)).ifPresent(others::add);
        }
        others.addAll(scales.values());
        others.addAll(unsupported.values());
        return new StoredScales(scales, unsupported, packed, others);
    }

    private static Optional<String> first(Set<String> names, List<String> candidates) {
        return candidates.stream().filter(names::contains).findFirst();
    }

    private static List<String> weightScales(String name) {
        List<String> candidates = new ArrayList<>(List.of(name + "_scale", name + ".scale_weight", name + ".scale"));
        if (name.endsWith(WEIGHT)) {
            candidates.add(stem(name) + ".scale_weight");
        }
        return candidates;
    }

    private static List<String> inputScales(String name) {
        return name.endsWith(WEIGHT)
                ? List.of(stem(name) + ".scale_input", stem(name) + ".input_scale", name + ".scale_input")
                : List.of(name + ".scale_input");
    }

    private static String stem(String name) {
        return name.substring(0, name.length() - WEIGHT.length());
    }

    /** The weights among {@code names}, in their order. */
    Set<String> weights(Set<String> names) {
        Set<String> weights = new LinkedHashSet<>(names);
        weights.removeAll(others);
        return weights;
    }
}
