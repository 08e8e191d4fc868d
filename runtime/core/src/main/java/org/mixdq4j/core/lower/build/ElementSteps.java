package org.mixdq4j.core.lower.build;

import java.util.List;
import java.util.function.Function;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Epilogue;
import org.mixdq4j.core.lower.step.Output;
import org.mixdq4j.core.lower.step.Pointwise;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;

/** What is computed element by element. Results are stored as their first full operand is. */
final class ElementSteps {
    private final Storage storage;

    ElementSteps(Storage storage) {
        this.storage = storage;
    }

    /** A function of one value. */
    View apply(Node node, View in, Epilogue epilogue) {
        View main = in.expand(Storage.atLeastOneAxis(in.shape()));
        List<Integer> order = Storage.order(main);
        return add(node, order, storage.matrix(main.transpose(order)), epilogue);
    }

    /** A sum or a product of two values, broadcast as NumPy does. */
    View combine(Node node, View a, View b, Function<View, Epilogue> each, Function<View, Epilogue> row) {
        boolean swap = !a.shape().equals(node.shape()) && b.shape().equals(node.shape());
        Shape shape = Storage.atLeastOneAxis(node.shape());
        View main = (swap ? b : a).expand(shape);
        View other = swap ? a : b;
        List<Integer> order = Storage.order(main);
        View x = storage.matrix(main.transpose(order));
        View y = withRank(other, shape.rank()).transpose(order);
        return add(node, order, x, isRow(y.shape(), x.shape()) ? row.apply(row(y, x.shape())) : each.apply(all(y, x)));
    }

    private View add(Node node, List<Integer> order, View x, Epilogue epilogue) {
        Shape shape = Storage.atLeastOneAxis(node.shape());
        View out = View.of(storage.value(node.id(), Storage.permuted(shape, order), DType.F32));
        storage.add(new Pointwise(node.id(), List.of(x), List.of(epilogue), List.of(new Output.Floats(out))));
        return out.transposeBack(order).reshape(node.shape()).orElseThrow();
    }

    /** Whether one row serves all rows of a sample, while there are several. */
    private static boolean isRow(Shape y, Shape x) {
        if (x.rank() < 3 || y.dim(-1) != x.dim(-1)) {
            return false;
        }
        long positions = 1;
        for (int axis = 1; axis < x.rank() - 1; axis++) {
            if (y.dim(axis) != 1) {
                return false;
            }
            positions *= x.dim(axis);
        }
        return positions > 1;
    }

    private View row(View y, Shape x) {
        return storage.rows(y).expand(y.shape().with(0, x.dim(0)));
    }

    private View all(View y, View x) {
        View expanded = y.expand(x.shape());
        return storage.matrix(expanded);
    }

    private static View withRank(View view, int rank) {
        int[] dims = new int[rank];
        for (int axis = 0; axis < rank; axis++) {
            int from = axis - (rank - view.shape().rank());
            dims[axis] = from < 0 ? 1 : view.shape().dim(from);
        }
        return view.expand(Shape.of(dims));
    }
}
