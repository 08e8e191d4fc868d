package org.mixdq4j.bitalloc.plan;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.mixdq4j.core.error.UsageException;

/**
 * Bits fixed by the user.
 *
 * @param glob a layer id, with or without {@code model.}; {@code *} stands for any characters, {@code ?} for one
 * @param bits {@link Decision#FLOAT} to leave the layers in float
 */
public record Pin(String glob, int bits) {
    /** @param text {@code glob=bits} or {@code glob=float} */
    public static Pin parse(String text) {
        int at = text.lastIndexOf('=');
        String word = text.substring(at + 1).trim();
        if (at <= 0 || !word.matches("float|[1-9]|1[0-6]")) {
            throw new UsageException(
                    "'" + text + "' is no pin; give a layer or glob and its bits like 'conv_in=8' or '*.to_v=float'");
        }
        String glob = text.substring(0, at).trim();
        return new Pin(
                glob.startsWith("model.") ? glob.substring("model.".length()) : glob,
                word.equals("float") ? Decision.FLOAT : Integer.parseInt(word));
    }

    /**
     * The pin of every pinned layer.
     *
     * @throws UsageException if a pin matches no layer, or two that match one disagree
     */
    public static Map<String, Pin> resolve(List<Pin> pins, List<Layer> layers) {
        Map<String, Pin> resolved = new TreeMap<>();
        for (Pin pin : pins) {
            Pattern pattern = pin.pattern();
            boolean any = false;
            for (Layer layer : layers) {
                if (pattern.matcher(layer.id()).matches()) {
                    any = true;
                    Pin other = resolved.putIfAbsent(layer.id(), pin);
                    if (other != null && other.bits != pin.bits) {
                        throw new UsageException("the pins '" + other + "' and '" + pin
                                + "' contradict each other for the layer " + layer.id() + "; drop or narrow one");
                    }
                }
            }
            if (!any) {
                throw new UsageException("the pin '" + pin + "' names no layer of the tables; write it like one of"
                        + " them, for example " + layers.get(0).id());
            }
        }
        return resolved;
    }

    private Pattern pattern() {
        StringBuilder regex = new StringBuilder();
        for (char c : glob.toCharArray()) {
            regex.append(c == '*' ? ".*" : c == '?' ? "." : Pattern.quote(String.valueOf(c)));
        }
        return Pattern.compile(regex.toString());
    }

    @Override
    public String toString() {
        return glob + "=" + (bits == Decision.FLOAT ? "float" : bits);
    }
}
