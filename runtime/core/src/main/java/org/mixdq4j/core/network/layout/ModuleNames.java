package org.mixdq4j.core.network.layout;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Module paths of ours and what they are called in a foreign layout; the innermost one that is known decides. */
final class ModuleNames {
    private final Set<String> modules = new HashSet<>();
    private final Map<String, String> foreign = new HashMap<>();

    /** @param own names of parameters: all modules they lie in are known to be there */
    ModuleNames(Iterable<String> own) {
        for (String name : own) {
            for (int dot = name.lastIndexOf('.'); dot > 0; dot = name.lastIndexOf('.', dot - 1)) {
                modules.add(name.substring(0, dot));
            }
        }
    }

    /** Whether the network has such a module. */
    boolean has(String module) {
        return modules.contains(module);
    }

    /** How many modules {@code list.0}, {@code list.1}, ... there are. */
    int count(String list) {
        int count = 0;
        while (has(list + "." + count)) {
            count++;
        }
        return count;
    }

    /** Says what a module is called; one that the network does not have is left out. */
    void put(String own, String theirs) {
        if (has(own)) {
            foreign.put(own, theirs);
        }
    }

    /** Says what modules inside one are called. @param inner names relative to {@code own}, ours to theirs */
    void put(String own, String theirs, Map<String, String> inner) {
        inner.forEach((ours, other) -> put(own + "." + ours, theirs + "." + other));
    }

    /** The foreign name of a parameter, if a module it lies in is known. */
    Optional<String> rename(String parameter) {
        for (int dot = parameter.lastIndexOf('.'); dot > 0; dot = parameter.lastIndexOf('.', dot - 1)) {
            String found = foreign.get(parameter.substring(0, dot));
            if (found != null) {
                return Optional.of(found + parameter.substring(dot));
            }
        }
        return Optional.empty();
    }
}
