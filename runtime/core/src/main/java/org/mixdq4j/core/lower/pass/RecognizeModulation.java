package org.mixdq4j.core.lower.pass;

import java.util.ArrayList;
import java.util.List;
import org.mixdq4j.core.lower.Draft;
import org.mixdq4j.core.lower.Target;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Epilogue;
import org.mixdq4j.core.lower.step.Pointwise;
import org.mixdq4j.core.lower.step.Step;

/** {@code x * scale}, then {@code x +} that, then {@code + shift} is one epilogue. */
public final class RecognizeModulation implements Pass {
    @Override
    public Draft apply(Draft draft, Target target) {
        Wiring wiring = new Wiring(draft);
        for (int i = 0; i < wiring.size(); i++) {
            recognize(wiring, i);
        }
        return wiring.draft();
    }

    private static void recognize(Wiring wiring, int shifting) {
        if (!(only(wiring.step(shifting)) instanceof Epilogue.AddRow shift)) {
            return;
        }
        Pointwise last = (Pointwise) wiring.step(shifting);
        int adding = before(wiring, shifting, last.inputs().get(0));
        if (adding < 0 || !(only(wiring.step(adding)) instanceof Epilogue.Add add)) {
            return;
        }
        View x = ((Pointwise) wiring.step(adding)).inputs().get(0);
        // Either operand of the sum may be the product.
        for (List<View> pair : List.of(List.of(x, add.other()), List.of(add.other(), x))) {
            int scaling = before(wiring, adding, pair.get(1));
            if (scaling >= 0
                    && only(wiring.step(scaling)) instanceof Epilogue.MulRow scale
                    && ((Pointwise) wiring.step(scaling)).inputs().get(0).equals(pair.get(0))) {
                List<Epilogue> then = new ArrayList<>(List.of(new Epilogue.Modulate(scale.row(), shift.row())));
                wiring.set(scaling, null);
                wiring.set(adding, null);
                wiring.set(shifting, new Pointwise(last.id(), List.of(pair.get(0)), then, last.outputs()));
                return;
            }
        }
    }

    /** The one epilogue of a pointwise step that has one input and one, or null. */
    private static Epilogue only(Step step) {
        return step instanceof Pointwise p && p.inputs().size() == 1 && p.then().size() == 1
                ? p.then().get(0)
                : null;
    }

    /** Place of the step that writes all of a view that nothing else reads, or -1. */
    private static int before(Wiring wiring, int reader, View view) {
        int writer = wiring.writer(view.value());
        boolean own = writer >= 0
                && !wiring.fixed(view.value())
                && wiring.readers(view.value()).size() == 1
                && wiring.timesRead(reader, view.value()) == 1;
        return own && view.equals(Steps.onlyFloats(wiring.step(writer))) ? writer : -1;
    }
}
