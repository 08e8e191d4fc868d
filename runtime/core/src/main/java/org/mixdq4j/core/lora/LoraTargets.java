package org.mixdq4j.core.lora;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.mixdq4j.core.network.layout.Layout;
import org.mixdq4j.core.network.layout.TensorMatch;

/**
 * The weights of one network that a LoRA may change, by all names trainers know their layers under: the path of diffusers or
 * transformers, that of the layout models were trained in, and either with underscores for dots.
 */
final class LoraTargets {
    private static final String WEIGHT = ".weight";
    private static final String TEXT_MODULE = "text_model.";
    /** What diffusers called layers before it used PEFT, by the end of their path. */
    private static final Map<String, String> OLD_ENDS = Map.of(
            ".to_out.0", ".to_out",
            ".q_proj", ".to_q",
            ".k_proj", ".to_k",
            ".v_proj", ".to_v",
            ".out_proj", ".to_out");

    /**
     * A weight that a layer's change goes to.
     *
     * @param weight its name as it is stored
     * @param part which of {@code parts} equal parts of the change's rows are this weight's: one of query, key and value
     * @param swapped whether the halves of the rows are exchanged
     */
    record Target(String weight, int part, int parts, boolean swapped) {
        /** The row of the change that goes to each of the rows {@code [from, to)} of the weight, which has {@code rows}. */
        int[] rows(int from, int to, int rows) {
            int[] chosen = new int[to - from];
            for (int i = 0; i < chosen.length; i++) {
                int row = from + i;
                chosen[i] = part * rows + (swapped ? (row + rows / 2) % rows : row);
            }
            return chosen;
        }
    }

    private final Map<String, List<Target>> targets = new HashMap<>();

    /**
     * @param stored names of the network's weights in its file
     * @param foreign the other layout, if there is one
     */
    LoraTargets(Set<String> stored, Optional<Layout> foreign) {
        Map<String, String> storedName = new HashMap<>();
        stored.forEach(name -> storedName.put(name, name));
        for (String name : stored) {
            // Early files of text encoders leave the module out.
            storedName.putIfAbsent(TEXT_MODULE + name, name);
        }
        for (String name : stored) {
            if (name.endsWith(WEIGHT)) {
                List<Target> own = List.of(new Target(name, 0, 1, false));
                put(name, own);
                put(TEXT_MODULE + name, own);
            }
        }
        foreign.ifPresent(
                layout -> layout.match(stored).forEach(match -> put(match.foreign(), targets(match, storedName))));
    }

    private static List<Target> targets(TensorMatch match, Map<String, String> storedName) {
        boolean swapped = match.form() == TensorMatch.Form.HALVES_SWAPPED;
        List<Target> targets = new ArrayList<>();
        for (int part = 0; part < match.own().size(); part++) {
            targets.add(new Target(
                    storedName.get(match.own().get(part)), part, match.own().size(), swapped));
        }
        return targets;
    }

    private void put(String weight, List<Target> found) {
        if (!weight.endsWith(WEIGHT)) {
            return;
        }
        String module = weight.substring(0, weight.length() - WEIGHT.length());
        Set<String> names = OLD_ENDS.entrySet().stream()
                .filter(end -> module.endsWith(end.getKey()))
                .map(end -> module.substring(0, module.length() - end.getKey().length()) + end.getValue())
                .collect(Collectors.toSet());
        names.add(module);
        for (String name : names) {
            targets.putIfAbsent(name, found);
            targets.putIfAbsent(name.replace('.', '_'), found);
        }
    }

    /** Where the change of a layer goes; empty if the network has no such layer. */
    List<Target> of(String module) {
        return targets.getOrDefault(module, List.of());
    }
}
