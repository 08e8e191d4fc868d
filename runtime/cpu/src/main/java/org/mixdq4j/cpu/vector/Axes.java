package org.mixdq4j.cpu.vector;

import java.util.ArrayList;
import java.util.List;
import org.mixdq4j.core.lower.View;

/** The first axes of a view, those joined that can be walked as one, those of extent 1 left out. Strides count elements. */
record Axes(int[] extents, int[] strides) {
    static Axes of(View view, int count) {
        List<Integer> extents = new ArrayList<>();
        List<Integer> strides = new ArrayList<>();
        for (int axis = 0; axis < count; axis++) {
            int extent = view.shape().dim(axis);
            int stride = Math.toIntExact(view.strides().get(axis));
            if (extent == 1) {
                continue;
            }
            int last = extents.size() - 1;
            if (last >= 0 && strides.get(last) == (long) stride * extent) {
                extents.set(last, extents.get(last) * extent);
                strides.set(last, stride);
            } else {
                extents.add(extent);
                strides.add(stride);
            }
        }
        return new Axes(
                extents.stream().mapToInt(Integer::intValue).toArray(),
                strides.stream().mapToInt(Integer::intValue).toArray());
    }
}
