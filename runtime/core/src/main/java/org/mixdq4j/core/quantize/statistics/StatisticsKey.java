package org.mixdq4j.core.quantize.statistics;

/**
 * What statistics are of: input channels {@code [from, to)} of a layer, with or without the first token's row.
 *
 * @param withoutFirstToken whether the BOS row was left out
 */
public record StatisticsKey(String layer, int from, int to, boolean withoutFirstToken) {
    @Override
    public String toString() {
        return layer + "|" + from + "-" + to + (withoutFirstToken ? "|tokens-1+" : "");
    }

    /** The key that {@link #toString} wrote. */
    public static StatisticsKey parse(String text) {
        String[] parts = text.split("\\|");
        String[] range = parts[1].split("-");
        return new StatisticsKey(parts[0], Integer.parseInt(range[0]), Integer.parseInt(range[1]), parts.length > 2);
    }
}
