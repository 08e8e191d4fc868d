package org.mixdq4j.cuda.pointwise;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mixdq4j.cuda.bind.Binder;
import org.mixdq4j.cuda.device.Arguments;
import org.mixdq4j.cuda.device.Layout;

/**
 * The last part of a norm, as {@code norm.cuh} has it.
 *
 * @param kind as macro {@code NORM}
 * @param parameters id of the node whose weight is read, and bias unless the norm is by the root mean square
 * @param statistics of groups: where they lie in scratch memory
 */
public record Scaling(int kind, Optional<String> parameters, double epsilon, Statistics statistics) {
    public static final int NONE = 0;
    public static final int ROW_NORM = 1;
    public static final int ROOT_MEAN_SQUARE = 2;
    public static final int UNIT = 3;
    public static final int GROUP_NORM = 4;

    /**
     * Mean and factor of each group of each sample.
     *
     * @param scratch offset
     * @param width columns of a group
     * @param rowsEach rows of a sample
     */
    public record Statistics(long scratch, int groups, int width, int rowsEach) {}

    /** No norm. */
    public static final Scaling NOTHING = new Scaling(NONE, Optional.empty(), 0, null);

    /** Of a row. @param kind all but {@link #GROUP_NORM} */
    public static Scaling ofRow(int kind, Optional<String> parameters, double epsilon) {
        return new Scaling(kind, parameters, epsilon, null);
    }

    /** By statistics that another launch of the same step made. */
    public static Scaling ofGroups(Optional<String> parameters, Statistics statistics) {
        return new Scaling(GROUP_NORM, parameters, 0, statistics);
    }

    /** Of groups, by a kernel that makes the statistics itself. */
    public static Scaling ofOwnGroups(Optional<String> parameters, double epsilon) {
        return new Scaling(GROUP_NORM, parameters, epsilon, null);
    }

    /** Whether a row's own numbers are needed. */
    public boolean seesRow() {
        return kind != NONE && kind != GROUP_NORM;
    }

    public void define(Map<String, Object> defines) {
        defines.put("NORM", kind);
        defines.put("AFFINE", parameters.isEmpty() ? 0 : kind == ROOT_MEAN_SQUARE ? 1 : 2);
    }

    /** A structure's field of type {@code Norm}. */
    public static Layout append(Layout layout, String field) {
        return layout.align(Long.BYTES)
                .pointers(field + ".weight", field + ".bias", field + ".statistics")
                .f32(field + ".epsilon")
                .s32(field + ".groups", field + ".width", field + ".rowsEach");
    }

    public void write(Arguments arguments, String field, Binder binder) {
        arguments.f32(field + ".epsilon", (float) epsilon);
        parameters.ifPresent(id -> {
            arguments.pointer(field + ".weight", parameter(binder, id + ".weight"));
            if (kind != ROOT_MEAN_SQUARE) {
                arguments.pointer(field + ".bias", parameter(binder, id + ".bias"));
            }
        });
        if (statistics != null) {
            arguments
                    .scratch(field + ".statistics", statistics.scratch())
                    .s32(field + ".groups", statistics.groups())
                    .s32(field + ".width", statistics.width())
                    .s32(field + ".rowsEach", statistics.rowsEach());
        }
    }

    /** A stored vector, F32. */
    public static long parameter(Binder binder, String name) {
        return binder.constant(
                List.of("parameter", name), () -> binder.layers().floats(name).buffer());
    }
}
