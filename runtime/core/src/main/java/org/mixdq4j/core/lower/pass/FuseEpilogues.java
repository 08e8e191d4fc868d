package org.mixdq4j.core.lower.pass;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.mixdq4j.core.lower.Dependence;
import org.mixdq4j.core.lower.Draft;
import org.mixdq4j.core.lower.Target;
import org.mixdq4j.core.lower.Value;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Epilogue;
import org.mixdq4j.core.lower.step.Output;
import org.mixdq4j.core.lower.step.Pointwise;
import org.mixdq4j.core.lower.step.Step;
import org.mixdq4j.core.tensor.Shape;

/**
 * What is done to each element of a value that nothing else reads is done by the step that makes the value: residuals,
 * rows, gates, activations. The step moves to where its result is needed, so that all operands are there. A step that
 * need not run every time keeps its result to itself.
 */
public final class FuseEpilogues implements Pass {
    private final Set<String> steady;

    /** @param steady names of inputs that seldom change */
    public FuseEpilogues(Set<String> steady) {
        this.steady = Set.copyOf(steady);
    }

    @Override
    public Draft apply(Draft draft, Target target) {
        Wiring wiring = new Wiring(draft);
        Set<Value> kept = kept(draft);
        for (int i = 0; i < wiring.size(); i++) {
            if (wiring.step(i) instanceof Pointwise p
                    && p.inputs().size() == 1
                    && !p.then().isEmpty()) {
                fuse(wiring, i, p, target, kept);
            }
        }
        return wiring.draft();
    }

    /** What depends on steady inputs alone. */
    private Set<Value> kept(Draft draft) {
        List<Set<String>> dependence = Dependence.of(draft.inputs(), draft.steps());
        Set<Value> kept = new HashSet<>();
        for (int i = 0; i < dependence.size(); i++) {
            if (steady.containsAll(dependence.get(i))) {
                draft.steps().get(i).writes().forEach(view -> kept.add(view.value()));
            }
        }
        return kept;
    }

    /** One way to say what a pointwise step does. */
    private record Reading(View input, List<Epilogue> then) {}

    private static void fuse(Wiring wiring, int index, Pointwise step, Target target, Set<Value> kept) {
        boolean steadyResult = kept.contains(step.outputs().get(0).to().value());
        int best = -1;
        Step fused = null;
        for (Reading reading : readings(step)) {
            int maker = maker(wiring, index, reading.input());
            if (maker > best && (steadyResult || !kept.contains(reading.input().value()))) {
                Optional<Step> found = fused(wiring.step(maker), reading, step, target);
                if (found.isPresent()) {
                    best = maker;
                    fused = found.get();
                }
            }
        }
        if (fused != null) {
            wiring.set(best, null);
            wiring.set(index, fused);
        }
    }

    /** A sum and a product may be read from either side: float32 operations commute. */
    private static List<Reading> readings(Pointwise step) {
        View x = step.inputs().get(0);
        List<Reading> readings = new ArrayList<>(List.of(new Reading(x, step.then())));
        Epilogue first = step.then().get(0);
        List<Epilogue> rest = step.then().subList(1, step.then().size());
        if (first instanceof Epilogue.Add add) {
            readings.add(new Reading(add.other(), joined(new Epilogue.Add(x), rest)));
        } else if (first instanceof Epilogue.Mul mul) {
            readings.add(new Reading(mul.other(), joined(new Epilogue.Mul(x), rest)));
        }
        return readings;
    }

    private static List<Epilogue> joined(Epilogue first, List<Epilogue> rest) {
        List<Epilogue> all = new ArrayList<>(List.of(first));
        all.addAll(rest);
        return all;
    }

    /** Place of the step that makes the view for this reader alone, or -1. */
    private static int maker(Wiring wiring, int reader, View view) {
        int writer = wiring.writer(view.value());
        boolean own = writer >= 0
                && Steps.hasEpilogues(wiring.step(writer))
                && !wiring.fixed(view.value())
                && wiring.readers(view.value()).size() == 1
                && wiring.timesRead(reader, view.value()) == 1;
        View made = own ? Steps.onlyFloats(wiring.step(writer)) : null;
        return made != null && Quantizing.isWhole(made) && Quantizing.isWhole(view) && made.columns() == view.columns()
                ? writer
                : -1;
    }

    private static Optional<Step> fused(Step maker, Reading reading, Pointwise step, Target target) {
        Shape shape = Steps.onlyFloats(maker).shape();
        Shape read = reading.input().shape();
        List<Epilogue> then = new ArrayList<>(Steps.then(maker));
        Step fused = maker;
        for (Epilogue epilogue : reading.then()) {
            Optional<Epilogue> shaped = Shaped.epilogue(epilogue, read, shape);
            if (shaped.isEmpty() || !target.fuses(fused, shaped.get())) {
                return Optional.empty();
            }
            then.add(shaped.get());
            fused = Steps.with(maker, step.id(), then, Steps.outputs(maker));
        }
        Optional<List<Output>> outputs = Shaped.outputs(step.outputs(), shape);
        if (outputs.isEmpty()) {
            return Optional.empty();
        }
        Step whole = Steps.with(maker, step.id(), then, outputs.get());
        return Rules.broken(whole).isEmpty() ? Optional.of(whole) : Optional.empty();
    }
}
