package org.mixdq4j.core.lower.pass;

import java.util.List;
import org.mixdq4j.core.lower.Draft;
import org.mixdq4j.core.lower.Target;
import org.mixdq4j.core.lower.Value;
import org.mixdq4j.core.lower.step.Output;
import org.mixdq4j.core.lower.step.Step;

/** Outputs that nobody reads any more are not written, and steps without outputs not run. */
public final class DropUnread implements Pass {
    @Override
    public Draft apply(Draft draft, Target target) {
        Wiring wiring = new Wiring(draft);
        for (int i = wiring.size() - 1; i >= 0; i--) {
            Step step = wiring.step(i);
            if (step.writes().stream().noneMatch(view -> isRead(wiring, view.value()))) {
                wiring.set(i, null);
                continue;
            }
            List<Output> read = Steps.outputs(step).stream()
                    .filter(output -> isRead(wiring, output.to().value()))
                    .toList();
            if (read.size() < Steps.outputs(step).size()) {
                wiring.set(i, Steps.withOutputs(step, read));
            }
        }
        return wiring.draft();
    }

    private static boolean isRead(Wiring wiring, Value value) {
        return wiring.fixed(value) || !wiring.readers(value).isEmpty();
    }
}
