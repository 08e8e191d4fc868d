package org.mixdq4j.report.section;

import java.util.ArrayList;
import java.util.List;
import org.mixdq4j.report.data.EvaluationData;
import org.mixdq4j.report.html.Html;
import org.mixdq4j.report.html.Page.Section;

/** Which sections a report has, and in what order: what people ask first comes first. */
public final class Sections {
    private Sections() {}

    public static List<Section> of(Measured measured) {
        List<Section> sections = new ArrayList<>();
        add(sections, "headline", "At a glance", HeadlineSection.of(measured));
        measured.evaluation().ifPresent(data -> {
            add(sections, "pictures", "Pictures", PicturesSection.of(data));
            add(sections, "metrics", "Metrics", MetricsSection.of(data));
        });
        measured.sensitivity()
                .ifPresent(data -> add(
                        sections,
                        "sensitivity",
                        "Sensitivity",
                        new SensitivitySection(data, measured.legend(), measured.layers()).html()));
        measured.plan()
                .ifPresent(data -> add(
                        sections,
                        "plan",
                        "Bit plan",
                        new PlanSection(data, measured.legend(), measured.layers()).html()));
        if (!measured.checkpoints().isEmpty()) {
            add(sections, "quantized", "Quantized checkpoints", CheckpointSection.of(measured));
        }
        add(sections, "provenance", "Provenance", ProvenanceSection.of(measured));
        return sections;
    }

    private static void add(List<Section> sections, String id, String title, Html body) {
        if (!body.isEmpty()) {
            sections.add(new Section(id, title, body));
        }
    }

    /** Bytes of a variant as a share of the float model's; NaN where one is not known. */
    static double share(EvaluationData data, com.fasterxml.jackson.databind.JsonNode variant) {
        return EvaluationData.figure(variant, "bytes") / EvaluationData.figure(data.floatModel(), "bytes");
    }
}
