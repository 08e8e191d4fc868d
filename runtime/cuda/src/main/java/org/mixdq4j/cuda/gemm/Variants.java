package org.mixdq4j.cuda.gemm;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.mixdq4j.cuda.device.DeviceInfo;
import org.mixdq4j.cuda.device.Kernel;

/** Kernels that may be launched: all tiles with all forms of weights, and each option and ending at least once with each kernel. */
final class Variants {
    private static final Size ANY = new Size(1024, 1280, 1280);
    private static final DeviceInfo HOPPER = new DeviceInfo("sm_90", 9, 0, 132, 232448, 60L << 20);
    private static final DeviceInfo OTHER = new DeviceInfo("sm_100", 10, 0, 148, 232448, 60L << 20);

    private static final List<Form> FORMS = List.of(
            new Form(0, 8, 0),
            new Form(0, 4, 0),
            new Form(0, 4, 32),
            new Form(0, 4, 64),
            new Form(0, 4, 128),
            new Form(1, 8, 0),
            new Form(2, 8, 0));

    /** FP16 out; residual added; GELU and levels out; a modulated row and two kinds of output; all operands there may be. */
    private static final List<Map<String, Object>> ENDS = List.of(
            Map.of("THEN", 0, "SINKS", 1, "SINK_0", 1),
            Map.of("THEN", 1, "THEN_0", 4, "TYPE_0", 1, "SINKS", 1, "SINK_0", 1),
            Map.of("THEN", 2, "THEN_0", 18, "THEN_1", 5, "TYPE_0", 2, "SINKS", 1, "SINK_0", 3),
            Map.of("THEN", 2, "THEN_0", 3, "THEN_1", 17, "SINKS", 2, "SINK_0", 2, "SINK_1", 0),
            Map.of("THEN", 4, "THEN_0", 1, "THEN_1", 2, "THEN_2", 16, "THEN_3", 4, "SINKS", 1, "SINK_0", 0));

    private static final List<Map<String, Object>> OPTIONS = List.of(
            Map.of("ROW_SCALES", 0, "EARLIER", 0, "GEGLU", 0),
            Map.of("ROW_SCALES", 1, "EARLIER", 0, "GEGLU", 0),
            Map.of("ROW_SCALES", 1, "EARLIER", 1, "GEGLU", 0),
            Map.of("ROW_SCALES", 0, "EARLIER", 0, "GEGLU", 1));

    private Variants() {}

    static List<Kernel> all() {
        List<Kernel> variants = new ArrayList<>();
        int next = 0;
        for (DeviceInfo info : List.of(HOPPER, OTHER)) {
            for (Form form : FORMS) {
                for (Tile tile : Tiles.ranked(ANY, form, info)) {
                    // The next ending and option each time: with so many tiles each meets each.
                    Map<String, Object> options = new TreeMap<>(OPTIONS.get(next % OPTIONS.size()));
                    if (!form.integer()) {
                        options.put("ROW_SCALES", 0);
                    }
                    Kernel kernel = GemmFamily.kernel(tile, form, options, ENDS.get(next % ENDS.size()));
                    if (!variants.contains(kernel)) {
                        variants.add(kernel);
                    }
                    next++;
                }
            }
        }
        return variants;
    }
}
