package org.mixdq4j.core.lower.pass;

import java.util.ArrayList;
import java.util.List;
import org.mixdq4j.core.lower.View;

/** Views of a dense value whose elements go to a matrix that is part of another value. */
final class Relocation {
    private Relocation() {}

    /** Whether each axis of the view steps along whole rows of {@code place}, or stays within one. */
    static boolean possible(View view, View place) {
        if (!place.isMatrix()) {
            return false;
        }
        if (place.rowStride() == place.columns() || place.rows() == 1) {
            return true;
        }
        long columns = place.columns();
        long reach = view.offset() % columns;
        for (int axis = 0; axis < view.shape().rank(); axis++) {
            long stride = view.strides().get(axis);
            if (view.shape().dim(axis) > 1 && stride % columns != 0) {
                reach += stride * (view.shape().dim(axis) - 1);
            }
        }
        return reach < columns;
    }

    /** @param place as many elements as the view's value has */
    static View of(View view, View place) {
        long columns = place.columns();
        long distance = place.rows() == 1 ? columns : place.rowStride();
        List<Long> strides = new ArrayList<>();
        for (int axis = 0; axis < view.shape().rank(); axis++) {
            long stride = view.strides().get(axis);
            strides.add(stride % columns == 0 ? stride / columns * distance : stride);
        }
        long offset = place.offset() + view.offset() / columns * distance + view.offset() % columns;
        return new View(place.value(), view.shape(), offset, strides);
    }
}
