package org.mixdq4j.bitalloc.plan;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import org.mixdq4j.core.artifact.sensitivity.SensitivityTable;
import org.mixdq4j.core.artifact.sensitivity.SizeTable;
import org.mixdq4j.core.graph.analysis.LayerGroup;

/** MixDQ's measurements on SDXL-Turbo. */
final class PublishedTables {
    static final List<LayerGroup> BOTH = List.of(LayerGroup.values());
    static final List<Layer> WEIGHTS = layers("weight", SizeTable.PUBLISHED_WEIGHT_UNIT);
    static final List<Layer> ACTIVATIONS = layers("act", SizeTable.PUBLISHED_ACTIVATION_UNIT);

    private PublishedTables() {}

    private static List<Layer> layers(String what, double unit) {
        Path folder = Path.of(System.getProperty("mixdq.root"), "util_files", "published_sdxl_turbo");
        return Layer.join(
                SensitivityTable.read(folder.resolve("sensitivity_" + what + "_sqnr.yaml"), List.of()),
                SensitivityTable.read(folder.resolve("sensitivity_" + what + "_ssim.yaml"), List.of()),
                SizeTable.read(folder.resolve(what + "_sizes.yaml"), OptionalDouble.empty(), unit));
    }

    /** Candidates 2, 4, 8 for content and the given ones for quality. */
    static BitProblem weights(Integer... quality) {
        return new BitProblem(
                WEIGHTS,
                Map.of(LayerGroup.CONTENT, List.of(2, 4, 8), LayerGroup.QUALITY, List.of(quality)),
                Map.of(),
                Set.of());
    }

    /** Candidates 4 and 8, the worst 1 % in float. */
    static BitProblem activations() {
        return new BitProblem(
                ACTIVATIONS,
                Map.of(LayerGroup.CONTENT, List.of(4, 8), LayerGroup.QUALITY, List.of(4, 8)),
                Map.of(),
                Protection.worst(ACTIVATIONS, 0.01));
    }
}
