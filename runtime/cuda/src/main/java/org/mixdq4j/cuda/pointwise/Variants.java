package org.mixdq4j.cuda.pointwise;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.mixdq4j.cuda.device.Kernel;

/** Kernels that may be launched: every ending with every way of reading, each norm, widths of the networks there are. */
final class Variants {
    /** Halves; a gate; joined parts of all types. */
    private static final List<Map<String, Object>> INPUTS = List.of(
            Map.of("INPUTS", 1, "INPUT_0", 1),
            Map.of("INPUTS", 1, "INPUT_0", 2, "GEGLU", 1),
            Map.of("INPUTS", 4, "INPUT_0", 0, "INPUT_1", 1, "INPUT_2", 2, "INPUT_3", 1));

    private static final Map<String, Object> MANY_OPERANDS =
            Map.of("THEN", 4, "THEN_0", 1, "THEN_1", 5, "THEN_2", 3, "THEN_3", 4, "SINKS", 3, "SINK_0", 3, "SINK_1", 2);

    /** Nothing and levels; modulated tokens and floats; all operands and three outputs; each function. */
    private static final List<Map<String, Object>> ENDS = List.of(
            Map.of("THEN", 0, "SINKS", 1, "SINK_0", 3),
            Map.of(
                    "THEN", 2, "THEN_0", 3, "THEN_1", 18, "TYPE_0", 1, "TYPE_1", 1, "SINKS", 2, "SINK_0", 1, "SINK_1",
                    3),
            MANY_OPERANDS,
            Map.of("THEN", 6, "THEN_0", 17, "THEN_1", 19, "THEN_2", 20, "THEN_3", 21, "THEN_4", 22, "THEN_5", 23));

    private Variants() {}

    static List<Kernel> all() {
        List<Kernel> kernels = new ArrayList<>();
        int next = 0;
        for (Map<String, Object> end : ENDS) {
            for (Map<String, Object> inputs : INPUTS) {
                kernels.add(
                        elements(inputs, end, next % 3 == 1 ? 1 : 8, next % 2 == 1 || end == MANY_OPERANDS ? 1 : 4));
                kernels.add(rows(inputs, tokens(end), next % 5, -next % 2));
                next++;
            }
        }
        // From one vector to the most of a warp, then of a block.
        for (int columns : List.of(8, 640, 1280, 1536, 2048, 4096, RowWork.BLOCK_COLUMNS)) {
            for (Map<String, Object> end : List.of(ENDS.get(1), tokens(ENDS.get(2)))) {
                kernels.add(rows(INPUTS.get(next % INPUTS.size()), end, next % 5, columns));
                next++;
            }
        }
        for (int size : List.of(4, 16, 64, 256)) {
            Map<String, Object> end = new LinkedHashMap<>(tokens(ENDS.get(next % ENDS.size())));
            end.put(end.containsKey("SINK_1") ? "ROTATE_1" : "ROTATE_0", size);
            kernels.add(rows(INPUTS.get(next % INPUTS.size()), end, next % 5, 8 * size));
            kernels.add(rows(INPUTS.get(next % INPUTS.size()), end, next % 5, 0));
            next++;
        }
        return kernels;
    }

    /** Of several sinks one is by a row's own magnitude. */
    private static Map<String, Object> tokens(Map<String, Object> end) {
        Map<String, Object> tokens = new LinkedHashMap<>(end);
        tokens.put("SINK_" + (end.containsKey("SINK_1") ? 1 : 0), 4);
        return tokens;
    }

    private static Kernel elements(Map<String, Object> inputs, Map<String, Object> end, int vector, int each) {
        Map<String, Object> defines = new LinkedHashMap<>(inputs);
        defines.putAll(end);
        defines.put("VECTOR", vector);
        defines.put("EACH", each);
        defines.put("WIDE", vector == 1 ? 1 : 0);
        defines.put("NORM", each == 1 ? Scaling.GROUP_NORM : Scaling.NONE);
        defines.put("AFFINE", each == 1 ? 2 : 0);
        return new Kernel("pointwise.cu", "pointwise", defines, RowWork.POINTWISE);
    }

    /** @param columns that are in registers; 0 for a row in shared memory, less for one that is read again */
    private static Kernel rows(Map<String, Object> inputs, Map<String, Object> end, int norm, int columns) {
        Map<String, Object> defines = new LinkedHashMap<>(inputs);
        defines.putAll(end);
        defines.put("NORM", norm);
        defines.put("AFFINE", norm == Scaling.ROOT_MEAN_SQUARE ? 1 : norm == Scaling.UNIT ? 0 : 2 * (norm % 2));
        if (columns <= 0) {
            defines.put("KEEP", columns == 0 ? 1 : 0);
            return new Kernel("rows_plain.cu", "wholeRowsPlain", defines, RowWork.ROWS);
        }
        defines.put("COLUMNS", columns);
        defines.put("ROW_THREADS", columns <= RowWork.WARP_COLUMNS ? RowWork.WARP : RowWork.THREADS);
        return new Kernel("rows.cu", "wholeRows", defines, RowWork.ROWS);
    }
}
