package org.mixdq4j.report.section;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import org.mixdq4j.report.data.CheckpointData;
import org.mixdq4j.report.data.EvaluationData;
import org.mixdq4j.report.data.PlanData;
import org.mixdq4j.report.data.SensitivityData;
import org.mixdq4j.report.html.Format;
import org.mixdq4j.report.html.Html;

/** The figures one would say aloud: what was quantized, how small it became, how close it stayed. */
final class HeadlineSection {
    private HeadlineSection() {}

    static Html of(Measured measured) {
        Html html = new Html().open("div", "class", "tiles").newline();
        measured.evaluation().ifPresent(data -> data.variants().forEach(variant -> variant(html, data, variant)));
        measured.checkpoints().forEach(checkpoint -> checkpoint(html, checkpoint));
        measured.plan().ifPresent(plan -> plan.parts().forEach(part -> plan(html, part)));
        measured.sensitivity().ifPresent(data -> sensitivity(html, data));
        return html.close().newline();
    }

    private static void variant(Html html, EvaluationData data, JsonNode variant) {
        double ssim = EvaluationData.figure(variant, "ssim");
        double latent = EvaluationData.figure(variant, "latent_sqnr_db");
        List<String> lines = new ArrayList<>();
        double bytes = EvaluationData.figure(variant, "bytes");
        if (Double.isFinite(bytes)) {
            double share = Sections.share(data, variant);
            lines.add(Format.bytes(bytes) + (Double.isFinite(share) ? ", " + Format.percent(share) + " of float" : ""));
        }
        double psnr = EvaluationData.figure(variant, "psnr");
        if (!Double.isNaN(psnr)) {
            lines.add("PSNR " + Format.fixed(psnr, 1) + " dB");
        }
        double seconds = EvaluationData.figure(variant, "seconds_per_step");
        double before = EvaluationData.figure(data.floatModel(), "seconds_per_step");
        if (Double.isFinite(seconds)) {
            lines.add(Format.seconds(seconds) + " a step"
                    + (Double.isFinite(before) ? ", float " + Format.seconds(before) : ""));
        }
        String name = variant.path("name").asText();
        if (!Double.isNaN(ssim)) {
            tile(html, name, Format.fixed(ssim, 3), "SSIM against float", lines);
        } else if (!Double.isNaN(latent)) {
            tile(html, name, Format.db(latent), "dB, SQNR of the latents", lines);
        } else if (Double.isFinite(bytes)) {
            tile(html, name, Format.bytes(bytes), "", lines.subList(1, lines.size()));
        }
    }

    private static void checkpoint(Html html, CheckpointData checkpoint) {
        List<String> lines = new ArrayList<>(List.of(Words.forms(checkpoint.forms()) + " layers"));
        double source = checkpoint.figure("bytes_source");
        double float32 = checkpoint.figure("bytes_float32");
        double bytes = checkpoint.figure("bytes_quantized");
        checkpoint.outputSqnr().values().stream()
                .findFirst()
                .ifPresent(db -> lines.add("output SQNR " + Format.db(db) + " dB"));
        if (Double.isFinite(bytes)) {
            if (Double.isFinite(float32)) {
                lines.add(Format.bytes(float32) + " in FP32, " + Format.bytes(source) + " as it came");
                tile(
                        html,
                        checkpoint.name(),
                        Format.percent(bytes / float32),
                        "of FP32: " + Format.bytes(bytes),
                        lines);
            } else {
                tile(html, checkpoint.name(), Format.bytes(bytes), "", lines);
            }
        } else {
            int all = checkpoint.forms().values().stream()
                    .mapToInt(Integer::intValue)
                    .sum();
            tile(html, checkpoint.name(), Format.count(all), "layers", lines);
        }
    }

    private static void plan(Html html, PlanData.Part part) {
        int all = part.layers().rowCount();
        int floats = part.layers()
                .where(part.layers().intColumn(PlanData.BITS).isEqualTo(PlanData.FLOAT))
                .rowCount();
        tile(
                html,
                "Plan of " + (part.name().equals("acts") ? "activations" : part.name()),
                Format.fixed(part.averageBits(), 3),
                "bits on average",
                List.of(
                        Format.bytes(part.bytes()),
                        Words.many(all, "layer") + (floats == 0 ? "" : ", " + floats + " in float"),
                        part.json().path("proven_optimal").asBoolean() ? "proven optimal" : "not proven optimal"));
    }

    private static void sensitivity(Html html, SensitivityData data) {
        List<String> lines = new ArrayList<>();
        lines.add(Words.many(data.table().rowCount(), "measurement"));
        double seconds = EvaluationData.figure(data.summary(), "seconds_of_last_run");
        // How long a run took that went on where another ended says nothing of the whole.
        if (Double.isFinite(seconds)
                && data.summary().path("measurements").asLong()
                        == data.summary().path("measurements_of_last_run").asLong()) {
            lines.add("in " + Format.seconds(seconds));
        }
        double saved = EvaluationData.figure(data.summary(), "nodes_naive")
                / EvaluationData.figure(data.summary(), "nodes_evaluated");
        if (Double.isFinite(saved)) {
            lines.add(Format.fixed(saved, 1) + " times less work than whole passes");
        }
        tile(html, "Sensitivity", Format.count(data.layers()), "layers measured", lines);
    }

    private static void tile(Html html, String name, String figure, String unit, List<String> lines) {
        html.open("div", "class", "tile").leaf("h3", name).open("p", "class", "figure");
        html.leaf("strong", figure).text(unit.isEmpty() ? "" : " " + unit).close();
        html.open("ul");
        lines.forEach(line -> html.leaf("li", line));
        html.close().close().newline();
    }
}
