package org.mixdq4j.core.lower.pass;

import java.util.List;
import org.mixdq4j.core.graph.op.UpsampleNearest;
import org.mixdq4j.core.lower.Draft;
import org.mixdq4j.core.lower.Target;
import org.mixdq4j.core.lower.Value;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Move;
import org.mixdq4j.core.lower.step.Other;
import org.mixdq4j.core.lower.step.Output;
import org.mixdq4j.core.lower.step.Pointwise;
import org.mixdq4j.core.lower.step.Step;
import org.mixdq4j.core.tensor.DType;

/** What is moved or enlarged only to be quantized is quantized first: bytes are moved instead of floats. */
public final class MoveBytes implements Pass {
    @Override
    public Draft apply(Draft draft, Target target) {
        Wiring wiring = new Wiring(draft);
        // From the end, so that levels travel through several moves.
        for (int i = wiring.size() - 1; i >= 0; i--) {
            int at = i;
            if (wiring.step(i) != null) {
                Quantizing.of(wiring.step(i)).ifPresent(quantizing -> push(wiring, at, quantizing));
            }
        }
        return wiring.draft();
    }

    private static void push(Wiring wiring, int at, Quantizing quantizing) {
        Value moved = quantizing.from().value();
        Output.Levels levels = quantizing.levels();
        int writer = wiring.writer(moved);
        if (writer < 0
                || wiring.fixed(moved)
                || wiring.readers(moved).size() > 1
                || levels.rowScales().isPresent()
                || !levels.quantizer().readsAsIs()
                || !Quantizing.isWhole(quantizing.from())
                || !Quantizing.isWhole(levels.to())) {
            return;
        }
        View from = source(wiring.step(writer));
        if (from == null || from.value().shape().elements() > from.shape().elements() || !coversItsValue(from)) {
            return;
        }
        Value source = from.value();
        Value bytes = new Value(levels.to().value().id() + ":unmoved", source.shape(), DType.U8);
        Output.Levels first = new Output.Levels(View.of(bytes), levels.rowScales(), levels.quantizer(), 0);
        // The move takes the place of what quantized: what quantizes now takes the move's.
        Step move = Steps.map(
                wiring.step(writer),
                view -> new View(
                        view.value().equals(source) ? bytes : levels.to().value(),
                        view.shape(),
                        view.offset(),
                        view.strides()));
        wiring.set(writer, new Pointwise(quantizing.step().id(), List.of(View.of(source)), List.of(), List.of(first)));
        wiring.set(at, move);
        Quantizing.of(wiring.step(writer)).ifPresent(next -> push(wiring, writer, next));
    }

    private static View source(Step step) {
        if (step instanceof Move move
                && Quantizing.isWhole(
                        move.to().reshape(move.to().value().shape()).orElse(move.to()))) {
            return move.from();
        }
        return step instanceof Other other && other.op() instanceof UpsampleNearest
                ? other.inputs().get(0)
                : null;
    }

    /** Whether every element of the value is seen, some perhaps several times. */
    private static boolean coversItsValue(View view) {
        long distinct = 1;
        for (int axis = 0; axis < view.shape().rank(); axis++) {
            distinct *= view.strides().get(axis) == 0 ? 1 : view.shape().dim(axis);
        }
        return view.offset() == 0 && distinct == view.value().shape().elements();
    }
}
