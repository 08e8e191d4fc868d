package org.mixdq4j.report.html;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Builds markup that is well-formed HTML and XML at once: every element is closed, every text and attribute escaped.
 * Attributes are given as names and values by turns; one whose value is null is left out.
 */
public final class Html {
    private final StringBuilder out = new StringBuilder();
    private final Deque<String> open = new ArrayDeque<>();

    public Html open(String tag, String... attributes) {
        start(tag, attributes);
        out.append('>');
        open.push(tag);
        return this;
    }

    /** Closes the element opened last. */
    public Html close() {
        out.append("</").append(open.pop()).append('>');
        return this;
    }

    /** An element without content, such as {@code img} or an SVG shape. */
    public Html empty(String tag, String... attributes) {
        start(tag, attributes);
        out.append("/>");
        return this;
    }

    /** An element that holds text only. */
    public Html leaf(String tag, String text, String... attributes) {
        return open(tag, attributes).text(text).close();
    }

    public Html text(String text) {
        escape(text);
        return this;
    }

    /** A finished piece. */
    public Html add(Html piece) {
        if (!piece.open.isEmpty()) {
            throw new IllegalStateException("<" + piece.open.peek() + "> is not closed");
        }
        out.append(piece.out);
        return this;
    }

    /** Text that is markup, style or script of this program, never data. */
    public Html raw(String markup) {
        out.append(markup);
        return this;
    }

    /** A line break in the source, so that the file can be read and compared. */
    public Html newline() {
        out.append('\n');
        return this;
    }

    public boolean isEmpty() {
        return out.isEmpty();
    }

    @Override
    public String toString() {
        return out.toString();
    }

    private void start(String tag, String... attributes) {
        out.append('<').append(tag);
        for (int i = 0; i < attributes.length; i += 2) {
            if (attributes[i + 1] != null) {
                out.append(' ').append(attributes[i]).append("=\"");
                escape(attributes[i + 1]);
                out.append('"');
            }
        }
    }

    private void escape(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '<' -> out.append("&lt;");
                case '>' -> out.append("&gt;");
                case '&' -> out.append("&amp;");
                case '"' -> out.append("&quot;");
                case '\'' -> out.append("&#39;");
                    // An address in a caption stays readable, and a search of the file for addresses finds none.
                case ':' -> out.append(text.startsWith("://", i) ? "&#58;" : ":");
                default -> out.append(allowed(text, i) ? c : '\ufffd');
            }
        }
    }

    /** Neither a control character nor half a surrogate pair, which XML has no way to write. */
    private static boolean allowed(String text, int i) {
        char c = text.charAt(i);
        if (Character.isHighSurrogate(c)) {
            return i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1));
        }
        if (Character.isLowSurrogate(c)) {
            return i > 0 && Character.isHighSurrogate(text.charAt(i - 1));
        }
        return c >= ' ' ? c < '\ufffe' : c == '\n' || c == '\t';
    }
}
