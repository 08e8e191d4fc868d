package org.mixdq4j.cuda.pointwise;

import java.util.LinkedHashMap;
import java.util.Map;
import org.mixdq4j.cuda.bind.Binder;
import org.mixdq4j.cuda.device.Arguments;
import org.mixdq4j.cuda.device.Geometry;
import org.mixdq4j.cuda.device.Kernel;
import org.mixdq4j.cuda.device.Layout;
import org.mixdq4j.cuda.finish.Finish;

/**
 * One pass over rows: what is read, a norm, what is done to the result. Planned as one launch, of a kernel that sees elements
 * or of one that sees rows.
 */
public record RowWork(Joined in, Scaling norm, Finish finish) {
    static final int THREADS = 256;
    static final int WARP = 32;
    /** Warps of a block that takes a row a warp. */
    static final int ROWS_A_BLOCK = 4;

    private static final int VECTOR = 8;
    /** Loads of one thread that are under way at once, where the machine is full anyway. */
    private static final int EACH = 4;
    /** Operands up to which that many fit in registers. */
    private static final int EACH_OPERANDS = 2;
    /** Columns up to which a warp keeps a row in registers: 64 floats a thread. */
    static final int WARP_COLUMNS = 2048;
    /** Without a norm: shuffles are few, and a block has more loads under way. */
    private static final int WARP_COLUMNS_QUANTIZING = 1024;
    /** The same of a block: 48 floats a thread. */
    static final int BLOCK_COLUMNS = 6 * THREADS * VECTOR;
    /** Shared memory of a block for sums. */
    private static final int STATIC_BYTES = 256;
    /** What every block may have unasked besides. */
    private static final int KEPT_COLUMNS = (48 * 1024 - STATIC_BYTES) / Float.BYTES;

    static final Layout POINTWISE = layout("PointwiseArgs");
    static final Layout ROWS = layout("RowsArgs");

    /** Plans its launch. @return false, and nothing planned, if kernels have no places for all of it */
    public boolean plan(Binder binder) {
        if (!in.fits() || !finish.fits()) {
            return false;
        }
        long rotated = 2L * Float.BYTES * in.columns();
        boolean vectors = in.vectors(VECTOR) && finish.vectors(VECTOR);
        if (!norm.seesRow() && !finish.perToken()) {
            elements(binder, vectors ? VECTOR : 1);
        } else if (vectors && in.columns() <= BLOCK_COLUMNS && finish.rotatesWithin(WARP * VECTOR)) {
            rows(binder);
        } else if (!finish.rotates() || rotated <= binder.info().sharedBytes() - STATIC_BYTES) {
            anyRows(binder);
        } else {
            return false;
        }
        return true;
    }

    private void elements(Binder binder, int vector) {
        long count = (long) finish.rows() * in.columns() / vector;
        boolean many = count >= 2L * EACH * THREADS * binder.info().multiprocessors();
        int each = many && finish.operands().size() <= EACH_OPERANDS ? EACH : 1;
        Map<String, Object> defines = defines();
        defines.put("VECTOR", vector);
        defines.put("EACH", each);
        defines.put("WIDE", count > Integer.MAX_VALUE ? 1 : 0);
        binder.launch(
                new Kernel("pointwise.cu", "pointwise", defines, POINTWISE),
                new Geometry(blocks(count, THREADS * each), 1, 1, THREADS, 0, true),
                arguments(POINTWISE, binder));
    }

    private void rows(Binder binder) {
        int most = norm.seesRow() ? WARP_COLUMNS : WARP_COLUMNS_QUANTIZING;
        boolean warps = in.columns() <= most;
        Map<String, Object> defines = defines();
        defines.put("COLUMNS", in.columns());
        defines.put("ROW_THREADS", warps ? WARP : THREADS);
        int rows = finish.rows();
        binder.launch(
                new Kernel("rows.cu", "wholeRows", defines, ROWS),
                warps
                        ? new Geometry(blocks(rows, ROWS_A_BLOCK), 1, 1, WARP * ROWS_A_BLOCK, 0, true)
                        : new Geometry(rows, 1, 1, THREADS, 0, true),
                arguments(ROWS, binder));
    }

    private void anyRows(Binder binder) {
        boolean keep = finish.rotates() || in.columns() <= KEPT_COLUMNS;
        int copies = finish.rotates() ? 2 : keep ? 1 : 0;
        Map<String, Object> defines = defines();
        defines.put("KEEP", keep ? 1 : 0);
        binder.launch(
                new Kernel("rows_plain.cu", "wholeRowsPlain", defines, ROWS),
                new Geometry(finish.rows(), 1, 1, THREADS, copies * in.columns() * Float.BYTES, true),
                arguments(ROWS, binder));
    }

    private static int blocks(long count, int each) {
        return Math.toIntExact((count + each - 1) / each);
    }

    private Map<String, Object> defines() {
        Map<String, Object> defines = new LinkedHashMap<>(finish.defines());
        in.define(defines);
        norm.define(defines);
        return defines;
    }

    private Arguments arguments(Layout layout, Binder binder) {
        Arguments arguments = new Arguments(layout);
        in.write(arguments, "in", binder);
        norm.write(arguments, "norm", binder);
        finish.write(arguments, "finish", binder);
        return arguments.s32("rows", finish.rows()).s32("columns", in.columns());
    }

    private static Layout layout(String struct) {
        return Finish.append(Scaling.append(Joined.append(new Layout(struct), "in"), "norm"), "finish")
                .s32("rows", "columns");
    }
}
