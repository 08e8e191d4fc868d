package org.mixdq4j.calib.captions;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.mixdq4j.core.error.MixdqException;

/** Which of a table's columns, or of an object's fields, holds the prompts: the one whose name says so. */
final class PromptColumn {
    private static final Set<String> NAMES = Set.of("prompt", "prompts", "caption", "captions", "text", "texts");

    private PromptColumn() {}

    static boolean isName(String name) {
        return NAMES.contains(name.strip().toLowerCase(Locale.ROOT));
    }

    /**
     * The index of the column.
     *
     * @param where of the file these names stand, for a message
     * @throws MixdqException naming the columns, if none or several are called so
     */
    static int among(List<String> names, Path file, String where) {
        List<Integer> found = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            if (isName(names.get(i))) {
                found.add(i);
            }
        }
        if (found.size() != 1) {
            throw new MixdqException(
                    "Captions file " + file + " has " + (found.isEmpty() ? "no column" : "several columns")
                            + " of prompts: " + where + " " + shown(names)
                            + ", expected one called prompt, caption or text; name it so"
                            + (found.isEmpty()
                                    ? ", or give a text file with a caption a line."
                                    : " and the others otherwise."));
        }
        return found.get(0);
    }

    private static String shown(List<String> names) {
        List<String> first = names.stream()
                .limit(8)
                .map(name -> name.length() > 40 ? name.substring(0, 40) + "..." : name)
                .toList();
        return first + (names.size() > 8 ? " and " + (names.size() - 8) + " more" : "");
    }
}
