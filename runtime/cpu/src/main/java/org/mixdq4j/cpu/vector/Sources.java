package org.mixdq4j.cpu.vector;

import java.util.List;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.cpu.session.Arena;

/** Views joined along the last axis. */
final class Sources {
    private final Rows[] sources;
    private final int columns;
    private final Loops loops;

    Sources(List<View> views, Arena arena, Loops loops) {
        this.loops = loops;
        sources = views.stream().map(view -> new Rows(view, arena)).toArray(Rows[]::new);
        int sum = 0;
        for (Rows source : sources) {
            if (source.count != sources[0].count) {
                throw new IllegalArgumentException("cannot join " + views);
            }
            sum += source.columns;
        }
        columns = sum;
    }

    int columns() {
        return columns;
    }

    int rows() {
        return sources[0].count;
    }

    /** Reads rows to the main scratch, {@code stride} elements apart. */
    void read(Scratch scratch, int first, int rows, int stride) {
        int at = 0;
        for (Rows source : sources) {
            source.read(first, rows, scratch.main, at, stride, scratch, loops);
            at += source.columns;
        }
    }

    /** Reads columns {@code [from, from + width)} of one row. */
    void readColumns(int row, int from, int width, float[] to, int at, Scratch scratch) {
        int start = 0;
        for (Rows source : sources) {
            int low = Math.max(from, start);
            int high = Math.min(from + width, start + source.columns);
            if (low < high) {
                source.readColumns(row, low - start, high - low, to, at + low - from, scratch, loops);
            }
            start += source.columns;
        }
    }

    /** The stage that reads. */
    Stage load(int stride) {
        return (scratch, first, rows) -> read(scratch, first, rows, stride);
    }

    /** The stage that reads the first half of rows to the main scratch, the second half to the other one. */
    Stage loadHalves(int stride) {
        int half = columns / 2;
        return (scratch, first, rows) -> {
            for (int r = 0; r < rows; r++) {
                readColumns(first + r, 0, half, scratch.main, r * stride, scratch);
                readColumns(first + r, half, half, scratch.second, r * stride, scratch);
            }
        };
    }

    /**
     * The stage that then multiplies one half by GELU of the other. Apart from the reading: together they are more than the
     * compiler inlines, and vectors become objects.
     */
    Stage gate(int stride) {
        return (scratch, first, rows) -> loops.geGlu(scratch.main, 0, rows * stride, scratch.second, 0);
    }
}
