package org.mixdq4j.core.network.mmdit;

import java.util.List;
import org.mixdq4j.core.graph.GraphBuilder.Value;
import org.mixdq4j.core.graph.op.LayerNorm;
import org.mixdq4j.core.graph.op.Reshape;
import org.mixdq4j.core.graph.op.Slice;
import org.mixdq4j.core.network.block.ModuleScope;
import org.mixdq4j.core.tensor.Shape;

/** Rows of features that timestep and text give for each sample, to shift, scale and gate tokens with (adaLN-Zero). */
final class Modulation {
    private static final double EPSILON = 1e-6;

    private final ModuleScope at;
    private final Value rows;
    private final List<String> names;

    private Modulation(ModuleScope at, Value rows, List<String> names) {
        this.at = at;
        this.rows = rows;
        this.names = names;
    }

    /**
     * The rows of one norm module, from its layer {@code linear}.
     *
     * @param condition [B, C], activated
     * @param names of the rows, in the order the layer gives them
     */
    static Modulation of(ModuleScope at, Value condition, int features, List<String> names) {
        Value all = at.linear("linear", condition, names.size() * features, true);
        Shape split = Shape.of(condition.shape().dim(0), names.size(), features);
        return new Modulation(at, at.op("rows", new Reshape(split), all), names);
    }

    /** One row as [B, 1, C]. */
    Value row(String name) {
        int index = names.indexOf(name);
        return at.op(name, new Slice(1, index, index + 1), rows);
    }

    /** A norm over features without parameters of its own. */
    static Value norm(ModuleScope at, String name, Value x) {
        return at.op(name, new LayerNorm(x.shape().dim(-1), EPSILON, false), x);
    }

    /** {@code x * (1 + scale) + shift}, the node called {@code name}. */
    static Value modulate(ModuleScope at, String name, Value x, Value scale, Value shift) {
        Value scaled = at.add(name + ".scaled", x, at.mul(name + ".scale", x, scale));
        return at.add(name, scaled, shift);
    }
}
