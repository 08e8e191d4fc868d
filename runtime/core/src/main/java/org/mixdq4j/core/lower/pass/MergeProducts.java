package org.mixdq4j.core.lower.pass;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToIntFunction;
import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.lower.Draft;
import org.mixdq4j.core.lower.Target;
import org.mixdq4j.core.lower.Value;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Output;
import org.mixdq4j.core.lower.step.Product;

/**
 * Linear layers that read the same numbers become one product whose outputs lie side by side: queries, keys and values of
 * one input, all that read the text, all that read the timestep's row.
 */
public final class MergeProducts implements Pass {
    private final ToIntFunction<String> weightBits;

    /** @param weightBits of a layer's integer weights, 0 for floats: only layers of one kind merge */
    public MergeProducts(ToIntFunction<String> weightBits) {
        this.weightBits = weightBits;
    }

    private record Key(List<Product.Operand> inputs, Optional<View> firstRow, int weightBits) {}

    @Override
    public Draft apply(Draft draft, Target target) {
        if (!target.mergesProducts()) {
            return draft;
        }
        Wiring wiring = new Wiring(draft);
        Map<Key, List<Integer>> groups = new LinkedHashMap<>();
        for (int i = 0; i < wiring.size(); i++) {
            if (wiring.step(i) instanceof Product p
                    && p.op() instanceof Linear
                    && p.then().isEmpty()
                    && Steps.onlyFloats(p) != null
                    && Quantizing.isWhole(Steps.onlyFloats(p))
                    && !wiring.fixed(Steps.onlyFloats(p).value())) {
                Key key = new Key(
                        p.inputs(),
                        p.firstRow(),
                        weightBits.applyAsInt(p.layers().get(0)));
                groups.computeIfAbsent(key, k -> new ArrayList<>()).add(i);
            }
        }
        groups.values().stream().filter(group -> group.size() > 1).forEach(group -> merge(wiring, group));
        return wiring.draft();
    }

    private static void merge(Wiring wiring, List<Integer> group) {
        List<Integer> able = new ArrayList<>(group);
        able.removeIf(index -> !canMove(wiring, index));
        if (able.size() < 2) {
            return;
        }
        List<Product> products =
                able.stream().map(index -> (Product) wiring.step(index)).toList();
        Product first = products.get(0);
        int outputs = products.stream().mapToInt(p -> p.op().outputs()).sum();
        boolean bias = products.stream().anyMatch(p -> p.op().bias());
        View own = Steps.onlyFloats(first);
        Value all = new Value(
                first.id() + ":merged",
                own.value().shape().with(-1, outputs),
                own.value().type());
        int from = 0;
        for (int i = 0; i < products.size(); i++) {
            View place = columns(View.of(all), products.get(i), from);
            from += products.get(i).op().outputs();
            View out = Steps.onlyFloats(products.get(i));
            wiring.set(able.get(i), null);
            if (!wiring.relocate(out.value(), place)) {
                throw new IllegalStateException(products.get(i).id() + " was to be merged");
            }
        }
        Product merged = new Product(
                first.id(),
                products.stream().flatMap(p -> p.layers().stream()).toList(),
                new Linear(first.op().inputs(), outputs, bias),
                first.inputs(),
                first.firstRow(),
                List.of(),
                List.of(new Output.Floats(
                        View.of(all).reshape(own.shape().with(-1, outputs)).orElseThrow())));
        wiring.set(able.get(0), merged);
    }

    private static View columns(View all, Product product, int from) {
        return all.slice(-1, from, from + product.op().outputs());
    }

    /** Whether all who read the product's value can read it as columns of a wider one. */
    private static boolean canMove(Wiring wiring, int index) {
        Product product = (Product) wiring.step(index);
        Value value = Steps.onlyFloats(product).value();
        Value wider = new Value(
                value.id() + ":wider", value.shape().with(-1, 2 * product.op().outputs()), value.type());
        wiring.set(index, null);
        boolean possible = wiring.canRelocate(
                value, columns(View.of(wider), product, product.op().outputs()));
        wiring.set(index, product);
        return possible;
    }
}
