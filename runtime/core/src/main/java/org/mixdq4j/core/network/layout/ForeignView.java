package org.mixdq4j.core.network.layout;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;

/** The weights of one network of ours under the names and in the forms of a foreign layout; the inverse of {@link OwnView}. */
public final class ForeignView implements WeightSource {
    private final WeightSource own;
    private final Map<String, TensorMatch> matches;

    /** @throws MixdqException if {@code own} lacks a part of a stack */
    public ForeignView(WeightSource own, List<TensorMatch> matches) {
        this.own = own;
        Map<String, TensorMatch> found = new LinkedHashMap<>();
        for (TensorMatch match : matches) {
            if (own.contains(match.own().get(0))) {
                found.put(match.foreign(), match);
                match.own().forEach(own::shape);
            }
        }
        this.matches = Collections.unmodifiableMap(found);
    }

    @Override
    public Set<String> names() {
        return matches.keySet();
    }

    @Override
    public DType dtype(String name) {
        return own.dtype(match(name).own().get(0));
    }

    @Override
    public Shape shape(String name) {
        TensorMatch match = match(name);
        Shape shape = own.shape(match.own().get(0));
        return switch (match.form()) {
            case SAME, SAME_OR_IDENTITY, HALVES_SWAPPED -> shape;
            case POINTWISE -> shape.rank() == 2 ? Shape.of(shape.dim(0), shape.dim(1), 1, 1) : shape;
            case TRANSPOSED -> Shape.of(shape.dim(1), shape.dim(0));
            case STACKED -> shape.with(0, match.own().size() * shape.dim(0));
        };
    }

    @Override
    public Tensor tensor(String name) {
        TensorMatch match = match(name);
        Tensor first = own.tensor(match.own().get(0));
        return switch (match.form()) {
            case SAME, SAME_OR_IDENTITY -> first;
            case POINTWISE -> first.reshape(shape(name).toArray());
            case TRANSPOSED -> first.transposed();
            case STACKED -> Tensor.stack(match.own().stream().map(own::tensor).toArray(Tensor[]::new));
            case HALVES_SWAPPED -> {
                int rows = first.shape().dim(0);
                yield Tensor.stack(first.slice(rows / 2, rows), first.slice(0, rows / 2));
            }
        };
    }

    /** The match that makes {@code name}. */
    public TensorMatch match(String name) {
        TensorMatch match = matches.get(name);
        if (match == null) {
            throw new MixdqException("The weights have no tensor '" + name + "' among their " + matches.size()
                    + "; check that they belong to this model.");
        }
        return match;
    }
}
