package org.mixdq4j.core.lower.interpret;

import org.mixdq4j.core.lower.View;

/** Walks over the elements of a view. */
final class Elements {
    private Elements() {}

    /** Sees an element: its number in row-major order, and where it lies in the value. */
    @FunctionalInterface
    interface Visitor {
        void visit(int index, long element);
    }

    static void each(View view, Visitor visitor) {
        int count = Math.toIntExact(view.shape().elements());
        if (view.isDense()) {
            for (int index = 0; index < count; index++) {
                visitor.visit(index, view.offset() + index);
            }
            return;
        }
        int rank = view.shape().rank();
        int[] dims = view.shape().toArray();
        long[] strides = view.strides().stream().mapToLong(Long::longValue).toArray();
        int[] at = new int[rank];
        long element = view.offset();
        for (int index = 0; index < count; index++) {
            visitor.visit(index, element);
            for (int axis = rank - 1; axis >= 0; axis--) {
                element += strides[axis];
                if (++at[axis] < dims[axis]) {
                    break;
                }
                element -= strides[axis] * at[axis];
                at[axis] = 0;
            }
        }
    }
}
