package org.mixdq4j.report.section;

import java.util.Base64;
import org.mixdq4j.report.data.EvaluationData;
import org.mixdq4j.report.data.PictureRow;
import org.mixdq4j.report.html.Html;

/** What float and quantized models drew from the same captions and noise, side by side. */
final class PicturesSection {
    private PicturesSection() {}

    static Html of(EvaluationData data) {
        Html html = new Html();
        if (data.pictures().isEmpty()) {
            return html;
        }
        html.add(Words.paragraph("Same caption, same seed, one picture a model."
                + (data.pictureCount() > data.pictures().size()
                        ? " Shown are the first " + data.pictures().size() + " of " + data.pictureCount() + "."
                        : "")));
        html.leaf(
                "p",
                "Click a picture to enlarge it; the arrow keys then flip between the models in place, which shows "
                        + "differences best.",
                "class",
                "note scripted");
        for (PictureRow row : data.pictures()) {
            html.open("figure", "class", "row").open("div", "class", "row-pictures");
            for (PictureRow.Picture picture : row.pictures()) {
                html.open("div", "class", "picture");
                html.empty(
                        "img",
                        "src",
                        "data:image/png;base64," + Base64.getEncoder().encodeToString(picture.png()),
                        "width",
                        String.valueOf(picture.width()),
                        "height",
                        String.valueOf(picture.height()),
                        "class",
                        picture.width() < 200 ? "small" : null,
                        "alt",
                        picture.variant() + ": " + (row.caption().isEmpty() ? row.number() : row.caption()));
                html.leaf("b", picture.variant());
                if (!picture.figures().isEmpty()) {
                    html.leaf("small", picture.figures());
                }
                html.close();
            }
            html.close().leaf("figcaption", row.caption().isEmpty() ? row.number() : row.caption());
            html.close().newline();
        }
        return html;
    }
}
