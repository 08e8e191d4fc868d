package org.mixdq4j.report.data;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.mixdq4j.core.error.MixdqException;

/**
 * What {@code mixdq evaluate} measured on pictures.
 *
 * @param json evaluation.json
 * @param pictures drawn by the float model and by every variant, the first few
 * @param pictureCount of all there are
 */
public record EvaluationData(JsonNode json, List<PictureRow> pictures, int pictureCount, List<SourceFile> files) {
    /** @param pictureRows at most so many pictures are taken */
    public static EvaluationData read(Path folder, int pictureRows) {
        Path file = folder.resolve("evaluation.json");
        if (!Files.isRegularFile(file)) {
            throw new MixdqException(
                    "the folder " + folder + " holds no evaluation.json; give the folder that 'mixdq evaluate' wrote");
        }
        JsonNode json = Checked.read(file, "mixdq4j-evaluation", 1, "evaluate");
        List<String> names = new ArrayList<>();
        for (JsonNode variant : json.path("variants")) {
            if (!variant.path("name").isTextual()) {
                throw Checked.damaged(file, "a variant has no name");
            }
            names.add(variant.get("name").asText());
        }
        List<SourceFile> files = new ArrayList<>(List.of(SourceFile.of(file)));
        Path csv = folder.resolve("images.csv");
        PictureFigures figures = PictureFigures.NONE;
        if (Files.isRegularFile(csv)) {
            figures = PictureFigures.read(csv);
            files.add(SourceFile.of(csv));
        }
        PictureFiles pictures = new PictureFiles(folder.resolve("images"));
        List<String> numbers = pictures.numbers();
        return new EvaluationData(
                json,
                pictures.rows(numbers.subList(0, Math.min(pictureRows, numbers.size())), names, figures, json),
                numbers.size(),
                files);
    }

    /** The variants measured, in their order. */
    public List<JsonNode> variants() {
        List<JsonNode> variants = new ArrayList<>();
        json.path("variants").forEach(variants::add);
        return variants;
    }

    public JsonNode floatModel() {
        return json.path("float");
    }

    /** A figure, which may stand alone or as the {@code mean} or {@code value} of an object; NaN where it is absent. */
    public static double figure(JsonNode of, String metric) {
        JsonNode node = of.path(metric);
        if (node.isObject()) {
            return Checked.figure(node, node.has("mean") ? "mean" : "value");
        }
        return Checked.figure(of, metric);
    }

    /** The standard error that goes with it; NaN where there is none. */
    public static double error(JsonNode of, String metric) {
        return Checked.figure(of.path(metric), "se");
    }
}
