package org.mixdq4j.core.lower.pass;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.mixdq4j.core.lower.Draft;
import org.mixdq4j.core.lower.Target;
import org.mixdq4j.core.lower.Value;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Output;
import org.mixdq4j.core.lower.step.Step;

/** What quantizes a value becomes another output of the step that makes it; the floats go if nobody else reads them. */
public final class FuseQuantize implements Pass {
    @Override
    public Draft apply(Draft draft, Target target) {
        Wiring wiring = new Wiring(draft);
        for (int i = 0; i < wiring.size(); i++) {
            int at = i;
            Quantizing.of(wiring.step(i)).ifPresent(quantizing -> fuse(wiring, at, quantizing, target));
        }
        return wiring.draft();
    }

    private static void fuse(Wiring wiring, int index, Quantizing quantizing, Target target) {
        Value value = quantizing.from().value();
        int writer = wiring.writer(value);
        if (writer < 0 || Steps.outputs(wiring.step(writer)).isEmpty()) {
            return;
        }
        Step maker = wiring.step(writer);
        Optional<Output> floats = Steps.outputs(maker).stream()
                .filter(output ->
                        output instanceof Output.Floats && output.to().value().equals(value))
                .findFirst();
        View from = quantizing.from();
        if (floats.isEmpty()
                || !Quantizing.isWhole(floats.get().to())
                || !isColumns(from, floats.get().to())) {
            return;
        }
        Output.Levels levels = quantizing.levels();
        int column = floats.get().from() + Math.toIntExact(from.offset());
        Optional<View> to = levels.to().reshape(floats.get().to().shape().with(-1, from.columns()));
        if (to.isEmpty()) {
            return;
        }
        Output.Levels own = new Output.Levels(to.get(), levels.rowScales(), levels.quantizer(), column);
        boolean alone = !wiring.fixed(value) && wiring.readers(value).size() == 1;
        if (target.writes(maker, own, alone)) {
            List<Output> outputs = new ArrayList<>(Steps.outputs(maker));
            if (alone) {
                outputs.remove(floats.get());
            }
            outputs.add(own);
            wiring.set(index, null);
            wiring.set(writer, Steps.withOutputs(maker, outputs));
        }
    }

    /** Whether a view is some columns of all the rows that {@code whole} is. */
    private static boolean isColumns(View view, View whole) {
        return view.isMatrix()
                && view.rows() == whole.rows()
                && (view.rows() == 1 || view.rowStride() == whole.columns())
                && view.offset() + view.columns() <= whole.columns();
    }
}
