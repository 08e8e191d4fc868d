package org.mixdq4j.sensitivity.result;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.mixdq4j.core.artifact.sensitivity.SensitivityFolder;
import org.mixdq4j.core.artifact.sensitivity.SensitivityFolder.Part;
import org.mixdq4j.core.artifact.sensitivity.SensitivityTable;
import org.mixdq4j.core.artifact.sensitivity.SizeTable;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.analysis.LayerGroup;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.io.AtomicFiles;
import org.mixdq4j.sensitivity.variant.Variant;

/** The tables of a sensitivity folder: YAML as MixDQ has it, and one CSV of everything. */
public final class SensitivityFiles {
    /** Name of the CSV. */
    public static final String CSV = "sensitivity.csv";

    private SensitivityFiles() {}

    /**
     * Writes the tables of the parts there are and deletes those of others, which were asked for at another time.
     *
     * @param comment what the tables say of how they were made
     */
    public static void write(SensitivityFolder folder, Sensitivities found, String comment) {
        for (Part part : Part.values()) {
            if (found.has(part)) {
                SensitivityTable.write(folder.sqnr(part), List.of(comment), found.table(part, false));
                if (found.groups().containsValue(LayerGroup.CONTENT)) {
                    SensitivityTable.write(folder.ssim(part), List.of(comment), found.table(part, true));
                }
                SizeTable.write(folder.sizes(part), List.of(comment), found.sizes(part));
            } else {
                tables(folder, part).forEach(SensitivityFiles::delete);
            }
        }
        AtomicFiles.writeString(folder.root().resolve(CSV), csv(found));
    }

    /** Deletes all tables, the summary and the report. */
    public static void delete(SensitivityFolder folder) {
        delete(folder.summary());
        delete(folder.report());
        delete(folder.root().resolve(CSV));
        for (Part part : Part.values()) {
            tables(folder, part).forEach(SensitivityFiles::delete);
        }
    }

    /** Deletes a file if it is there. */
    public static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw AtomicFiles.failure("delete", file, e);
        }
    }

    private static List<Path> tables(SensitivityFolder folder, Part part) {
        return List.of(folder.sqnr(part), folder.ssim(part), folder.sizes(part));
    }

    private static String csv(Sensitivities found) {
        Map<String, LayerGroup> groups = found.groups();
        Map<Part, Map<String, Long>> sizes = new EnumMap<>(Part.class);
        for (Part part : Part.values()) {
            sizes.put(part, found.sizes(part));
        }
        Map<String, Integer> depth = new HashMap<>();
        Map<String, Node> nodes = new HashMap<>();
        for (Node layer : found.layers()) {
            depth.put(layer.id(), depth.size());
            nodes.put(layer.id(), layer);
        }
        StringBuilder text =
                new StringBuilder("layer,group,type,depth,kind,bits,elements,sqnr_db,ssim,estimate_db,estimate_ssim\n");
        for (Variant variant : found.variants()) {
            String id = variant.layer();
            Score best = found.best().get(variant);
            Score estimate = found.estimated().get(variant);
            text.append(id).append(',');
            text.append(groups.get(id).word()).append(',');
            text.append(nodes.get(id).op() instanceof Conv2d ? "conv" : "linear")
                    .append(',');
            text.append(depth.get(id)).append(',');
            text.append(variant.part().word()).append(',');
            text.append(variant.bits()).append(',');
            text.append(sizes.get(variant.part()).get(id)).append(',');
            text.append(number(best.sqnr())).append(',');
            text.append(number(best.ssim())).append(',');
            text.append(estimate == null ? "" : number(estimate.sqnr())).append(',');
            text.append(estimate == null ? "" : number(estimate.ssim())).append('\n');
        }
        return text.toString();
    }

    private static String number(double value) {
        return Double.isNaN(value) ? "" : Double.toString(value);
    }
}
