package org.mixdq4j.report.section;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import org.mixdq4j.report.chart.Legend;
import org.mixdq4j.report.data.CheckpointData;
import org.mixdq4j.report.data.EvaluationData;
import org.mixdq4j.report.data.Layers;
import org.mixdq4j.report.data.PlanData;
import org.mixdq4j.report.data.SensitivityData;
import org.mixdq4j.report.data.SourceFile;

/**
 * Everything a report is about, read.
 *
 * @param layers all layers named anywhere
 * @param legend colours of their groups
 */
public record Measured(
        Optional<SensitivityData> sensitivity,
        Optional<PlanData> plan,
        List<CheckpointData> checkpoints,
        Optional<EvaluationData> evaluation,
        Layers layers,
        Legend legend) {
    public static Measured read(
            Optional<Path> sensitivityFolder,
            Optional<Path> planFile,
            List<Path> checkpointFolders,
            Optional<Path> evaluationFolder,
            int pictureRows) {
        Optional<SensitivityData> sensitivity = sensitivityFolder.map(SensitivityData::read);
        Optional<PlanData> plan = planFile.map(PlanData::read);
        List<CheckpointData> checkpoints =
                checkpointFolders.stream().map(CheckpointData::read).toList();
        Optional<EvaluationData> evaluation = evaluationFolder.map(folder -> EvaluationData.read(folder, pictureRows));
        TreeSet<String> groups = new TreeSet<>();
        sensitivity.ifPresent(data -> groups.addAll(data.values(SensitivityData.GROUP)));
        plan.ifPresent(data -> data.parts().forEach(part -> groups.addAll(part.groups())));
        return new Measured(
                sensitivity,
                plan,
                checkpoints,
                evaluation,
                Layers.of(sensitivity.orElse(null), plan.orElse(null), checkpoints),
                new Legend(List.copyOf(groups)));
    }

    /** What this report holds, in a line. */
    public String subtitle() {
        List<String> parts = new ArrayList<>();
        sensitivity.ifPresent(data -> parts.add("sensitivity of " + data.layers() + " layers"));
        plan.ifPresent(data -> parts.add("bit plan “" + data.name() + "”"));
        if (!checkpoints.isEmpty()) {
            parts.add(
                    checkpoints.size() == 1
                            ? "quantized checkpoint “" + checkpoints.get(0).name() + "”"
                            : checkpoints.size() + " quantized checkpoints");
        }
        evaluation.ifPresent(
                data -> parts.add("evaluation of " + Words.many(data.variants().size(), "variant")
                        + (data.json().path("count").isNumber()
                                ? " on " + Words.many(data.json().path("count").asInt(), "caption")
                                : "")));
        return Words.capital(String.join(", ", parts));
    }

    /** Every file read, in the order of the sections. */
    public List<SourceFile> files() {
        List<SourceFile> files = new ArrayList<>();
        sensitivity.ifPresent(data -> files.addAll(data.files()));
        plan.ifPresent(data -> files.addAll(data.files()));
        checkpoints.forEach(data -> files.addAll(data.files()));
        evaluation.ifPresent(data -> files.addAll(data.files()));
        return files;
    }
}
