package org.mixdq4j.report.html;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The file: style, script and sections in one, and a policy that forbids the browser to fetch anything. */
public final class Page {
    /** A part with a heading; {@code id} is its anchor. */
    public record Section(String id, String title, Html body) {}

    private static final String POLICY =
            "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:";

    private Page() {}

    /**
     * @param layers what scripts know of layers, by the numbers marks refer to
     */
    public static String render(String title, String subtitle, List<Section> sections, JsonNode layers, String foot) {
        Html html = new Html()
                .raw("<!DOCTYPE html>\n")
                .open("html", "lang", "en")
                .newline()
                .open("head")
                .empty("meta", "charset", "utf-8")
                .empty("meta", "http-equiv", "Content-Security-Policy", "content", POLICY)
                .empty("meta", "name", "viewport", "content", "width=device-width, initial-scale=1")
                .empty("meta", "name", "color-scheme", "content", "light dark")
                .leaf("title", title)
                .open("style")
                .raw(resource("report.css"))
                .close()
                .close()
                .newline()
                .open("body")
                .open("header")
                .leaf("h1", title)
                .leaf("p", subtitle, "class", "sub")
                .open("nav", "aria-label", "Sections");
        sections.forEach(section -> html.leaf("a", section.title(), "href", "#" + section.id()));
        html.close().close().newline().open("main").newline();
        for (Section section : sections) {
            html.open("section", "id", section.id(), "aria-labelledby", section.id() + "-h")
                    .leaf("h2", section.title(), "id", section.id() + "-h")
                    .newline()
                    .add(section.body())
                    .close()
                    .newline();
        }
        html.close().leaf("footer", foot).newline();
        html.open("script", "type", "application/json", "id", "layers")
                .raw(json(layers))
                .close();
        html.open("script").raw(resource("report.js")).close();
        return html.close().close().newline().toString();
    }

    /** JSON that no content of a string can turn into markup or an address. */
    private static String json(JsonNode node) {
        return node.toString()
                .replace("<", "\\u003c")
                .replace(">", "\\u003e")
                .replace("&", "\\u0026")
                .replace("://", "\\u003a//");
    }

    private static String resource(String name) {
        try (InputStream in = Page.class.getResourceAsStream("/org/mixdq4j/report/" + name)) {
            if (in == null) {
                throw new IllegalStateException("the program was packed without " + name);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
