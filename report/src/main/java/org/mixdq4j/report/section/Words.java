package org.mixdq4j.report.section;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.mixdq4j.report.html.Format;
import org.mixdq4j.report.html.Html;

/** Small pieces of prose. */
final class Words {
    private Words() {}

    static String many(long count, String what) {
        return Format.count(count) + " " + what + (count == 1 ? "" : "s");
    }

    static String capital(String text) {
        return text.isEmpty() ? text : text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1);
    }

    /** Such as "260 W8A8, 3 float". */
    static String forms(Map<String, Integer> forms) {
        StringBuilder text = new StringBuilder();
        forms.forEach((form, count) -> text.append(text.isEmpty() ? "" : ", ")
                .append(Format.count(count))
                .append(' ')
                .append(form));
        return text.toString();
    }

    static Html paragraph(String text) {
        return new Html().leaf("p", text).newline();
    }

    static Html note(String text) {
        return new Html().leaf("p", text, "class", "note").newline();
    }

    /** A heading below a section's, and what follows until the next. */
    static Html heading(String text) {
        return new Html().leaf("h3", text).newline();
    }

    /** Charts side by side where there is room; empty ones are left out. */
    static Html charts(List<Html> charts) {
        Html html = new Html().open("div", "class", "charts");
        charts.stream()
                .filter(chart -> !chart.isEmpty())
                .forEach(chart -> html.open("figure").add(chart).close());
        return html.close().newline();
    }
}
