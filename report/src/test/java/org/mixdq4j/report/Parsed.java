package org.mixdq4j.report;

import java.io.StringReader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

/** A report as a tree. That it can be read as XML shows that every element is closed and all data escaped. */
final class Parsed {
    private final Document document;

    Parsed(String html) {
        try {
            // Style and script are ours, not data, and may hold what XML would take for markup.
            String plain = html.replaceAll("(?s)(<style>|<script>).*?(</style>|</script>)", "$1$2");
            document = DocumentBuilderFactory.newInstance()
                    .newDocumentBuilder()
                    .parse(new InputSource(new StringReader(plain)));
        } catch (Exception e) {
            throw new AssertionError("the report is not well-formed: " + e.getMessage(), e);
        }
    }

    List<Element> all(String tag) {
        return all(document.getDocumentElement(), tag);
    }

    static List<Element> all(Element in, String tag) {
        List<Element> elements = new ArrayList<>();
        NodeList nodes = in.getElementsByTagName(tag);
        for (int i = 0; i < nodes.getLength(); i++) {
            elements.add((Element) nodes.item(i));
        }
        return elements;
    }

    /** The element of this tag and id. */
    Element byId(String tag, String id) {
        return all(tag).stream()
                .filter(element -> element.getAttribute("id").equals(id))
                .findFirst()
                .orElseThrow(() -> new AssertionError("there is no <" + tag + " id=" + id + ">"));
    }

    /** Ids of the sections, in order. */
    List<String> sections() {
        return all("section").stream()
                .map(section -> section.getAttribute("id"))
                .toList();
    }

    /** What screen readers say of the charts of a section, in order. */
    List<String> charts(String section) {
        return all(byId("section", section), "svg").stream()
                .map(svg -> svg.getAttribute("aria-label"))
                .toList();
    }

    /** Cells of a table's rows; a header row first. */
    List<List<String>> table(String id) {
        List<List<String>> rows = new ArrayList<>();
        for (Element row : all(byId("table", id), "tr")) {
            List<String> cells = new ArrayList<>();
            NodeList nodes = row.getChildNodes();
            for (int i = 0; i < nodes.getLength(); i++) {
                cells.add(nodes.item(i).getTextContent());
            }
            rows.add(cells);
        }
        return rows;
    }

    /** A row of a table by its first cell. */
    List<String> row(String table, String first) {
        return table(table).stream()
                .filter(row -> row.get(0).equals(first))
                .findFirst()
                .orElseThrow(() -> new AssertionError(table + " has no row " + first));
    }

    /** Values of all marks of a section's chart, counted from 0, as they are shown. */
    List<String> marks(String section, int chart) {
        List<String> values = new ArrayList<>();
        for (Element path : all(all(byId("section", section), "svg").get(chart), "path")) {
            if (path.hasAttribute("data-v")) {
                values.addAll(Arrays.asList(path.getAttribute("data-v").split("\\|")));
            }
        }
        return values;
    }

    String text() {
        return document.getDocumentElement().getTextContent();
    }
}
