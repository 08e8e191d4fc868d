package org.mixdq4j.core.lower.pass;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Epilogue;
import org.mixdq4j.core.lower.step.Output;
import org.mixdq4j.core.tensor.Shape;

/** Operands and outputs under the shape in which another step has the same rows: an image's positions or a sequence. */
final class Shaped {
    private static final int SAMPLE = 0;

    private Shaped() {}

    /** @param from shape of the rows the epilogue was made for @param to of the same rows */
    static Optional<Epilogue> epilogue(Epilogue epilogue, Shape from, Shape to) {
        if (from.equals(to)) {
            return Optional.of(epilogue);
        }
        boolean whole = epilogue instanceof Epilogue.Add || epilogue instanceof Epilogue.Mul;
        boolean rows = !whole && !epilogue.reads().isEmpty();
        if (rows && from.dim(SAMPLE) != to.dim(SAMPLE)) {
            return Optional.empty();
        }
        List<View> shaped = new ArrayList<>();
        for (View view : epilogue.reads()) {
            Optional<View> found = view.reshape(whole ? columns(to, view) : row(to, view));
            if (found.isEmpty()) {
                return Optional.empty();
            }
            shaped.add(found.get());
        }
        List<View> before = epilogue.reads();
        return Optional.of(Steps.map(List.of(epilogue), view -> shaped.get(before.indexOf(view)))
                .get(0));
    }

    static Optional<List<Output>> outputs(List<Output> outputs, Shape to) {
        List<Output> shaped = new ArrayList<>();
        for (Output output : outputs) {
            Optional<View> view = output.to().reshape(columns(to, output.to()));
            if (view.isEmpty()) {
                return Optional.empty();
            }
            shaped.add(
                    output instanceof Output.Levels levels
                            ? new Output.Levels(view.get(), levels.rowScales(), levels.quantizer(), levels.from())
                            : new Output.Floats(view.get(), output.from()));
        }
        return Optional.of(shaped);
    }

    private static Shape columns(Shape rows, View view) {
        return rows.with(-1, view.columns());
    }

    private static Shape row(Shape rows, View view) {
        Shape one = columns(rows, view);
        for (int axis = 1; axis < rows.rank() - 1; axis++) {
            one = one.with(axis, 1);
        }
        return one;
    }
}
