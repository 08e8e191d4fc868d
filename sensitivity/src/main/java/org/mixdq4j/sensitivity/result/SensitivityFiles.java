package org.mixdq4j.sensitivity.result;

import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.analysis.LayerGroup;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.io.AtomicFiles;
import org.mixdq4j.core.sensitivity.SensitivityFolder;
import org.mixdq4j.core.sensitivity.SensitivityFolder.Part;
import org.mixdq4j.core.sensitivity.SensitivityTable;
import org.mixdq4j.core.sensitivity.SizeTable;
import org.mixdq4j.sensitivity.variant.Variant;

/** The tables of a sensitivity folder: YAML as MixDQ has it, and one CSV of everything. */
public final class SensitivityFiles {
    /** Name of the CSV. */
    public static final String CSV = "sensitivity.csv";

    private SensitivityFiles() {}

    /** @param comment what the tables say of how they were made */
    public static void write(SensitivityFolder folder, Sensitivities found, String comment) {
        for (Part part : Part.values()) {
            if (found.has(part)) {
                SensitivityTable.write(folder.sqnr(part), List.of(comment), found.table(part, false));
                SensitivityTable.write(folder.ssim(part), List.of(comment), found.table(part, true));
                SizeTable.write(folder.sizes(part), List.of(comment), found.sizes(part));
            }
        }
        AtomicFiles.writeString(folder.root().resolve(CSV), csv(found));
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
        StringBuilder text = new StringBuilder("layer,group,type,depth,kind,bits,elements,sqnr_db,ssim,estimate_db\n");
        for (Variant variant : found.variants()) {
            String id = variant.layer();
            Score exact = found.exact().get(variant);
            Score estimate = found.estimated().get(variant);
            text.append(id).append(',');
            text.append(groups.get(id).word()).append(',');
            text.append(nodes.get(id).op() instanceof Conv2d ? "conv" : "linear")
                    .append(',');
            text.append(depth.get(id)).append(',');
            text.append(variant.part().word()).append(',');
            text.append(variant.bits()).append(',');
            text.append(sizes.get(variant.part()).get(id)).append(',');
            text.append(exact == null ? "" : number(exact.sqnr())).append(',');
            text.append(exact == null ? "" : number(exact.ssim())).append(',');
            text.append(estimate == null ? "" : number(estimate.sqnr())).append('\n');
        }
        return text.toString();
    }

    private static String number(double value) {
        return Double.isNaN(value) ? "" : String.format(Locale.ROOT, "%.9g", value);
    }
}
