package org.mixdq4j.report.chart;

import java.util.ArrayList;
import java.util.List;
import org.mixdq4j.report.html.Html;

/** Colours of groups, shades of bits, and the list that explains them. */
public final class Legend {
    private static final int COLOURS = 6;
    private static final int SHADES = 5;

    /** Style of layers in float. */
    public static final String FLOAT = "cf";

    private final List<String> groups;

    /** @param groups in the order that gives them their colours */
    public Legend(List<String> groups) {
        this.groups = List.copyOf(groups);
    }

    public String colour(String group) {
        int at = groups.indexOf(group);
        return at < 0 ? "cn" : "c" + at % COLOURS;
    }

    /** @param all every number of bits there is, ascending; the fewest are drawn strongest */
    public static String shade(int bits, List<Integer> all) {
        return "s" + Math.min(SHADES - 1, Math.max(0, all.indexOf(bits)));
    }

    public List<String> groups() {
        return groups;
    }

    /** A line of keys under a chart; entries are style and word. */
    public static Html keys(List<String[]> entries) {
        Html html = new Html().open("p", "class", "keys");
        for (String[] entry : entries) {
            html.open("span", "class", "key")
                    .open("i", "class", entry[0])
                    .close()
                    .text(entry[1])
                    .close();
        }
        return html.close().newline();
    }

    /** Keys of the groups, and of bits where given. */
    public Html keys(List<Integer> bits, boolean withFloat) {
        List<String[]> entries = new ArrayList<>();
        groups.forEach(group -> entries.add(new String[] {colour(group), group}));
        bits.forEach(b -> entries.add(new String[] {"cn " + shade(b, bits), b + " bit"}));
        if (withFloat) {
            entries.add(new String[] {FLOAT, "float"});
        }
        return keys(entries);
    }
}
