package org.mixdq4j.cpu.vector;

import java.util.ArrayList;
import java.util.List;
import org.mixdq4j.core.lower.View;

/**
 * Axes of two views of one shape, those joined that both can walk as one, those of extent 1 left out; at least one is left.
 * Strides count elements.
 */
record JointAxes(int[] extents, int[] from, int[] to) {
    static JointAxes of(View from, View to) {
        List<int[]> axes = new ArrayList<>();
        for (int axis = 0; axis < from.shape().rank(); axis++) {
            int extent = from.shape().dim(axis);
            if (extent == 1) {
                continue;
            }
            int[] own = {
                extent,
                Math.toIntExact(from.strides().get(axis)),
                Math.toIntExact(to.strides().get(axis))
            };
            int[] last = axes.isEmpty() ? null : axes.get(axes.size() - 1);
            if (last != null && last[1] == (long) own[1] * extent && last[2] == (long) own[2] * extent) {
                own[0] *= last[0];
                axes.set(axes.size() - 1, own);
            } else {
                axes.add(own);
            }
        }
        if (axes.isEmpty()) {
            axes.add(new int[] {1, 1, 1});
        }
        return new JointAxes(column(axes, 0), column(axes, 1), column(axes, 2));
    }

    private static int[] column(List<int[]> axes, int index) {
        return axes.stream().mapToInt(axis -> axis[index]).toArray();
    }

    /** Elements along the last axis. */
    int width() {
        return extents[extents.length - 1];
    }

    /** Walks along the last axis. */
    int lines() {
        int lines = 1;
        for (int axis = 0; axis < extents.length - 1; axis++) {
            lines *= extents[axis];
        }
        return lines;
    }

    /** Where a walk begins. @param strides {@link #from} or {@link #to} */
    int start(int line, int[] strides) {
        int at = 0;
        int rest = line;
        for (int axis = extents.length - 2; axis >= 0; axis--) {
            at += rest % extents[axis] * strides[axis];
            rest /= extents[axis];
        }
        return at;
    }
}
