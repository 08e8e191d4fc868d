package org.mixdq4j.core.network.block;

import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.graph.GraphBuilder;
import org.mixdq4j.core.graph.GraphBuilder.Value;
import org.mixdq4j.core.graph.op.Activate;
import org.mixdq4j.core.graph.op.Add;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.graph.op.Conv2d.Padding;
import org.mixdq4j.core.graph.op.GroupNorm;
import org.mixdq4j.core.graph.op.LayerNorm;
import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.graph.op.Mul;
import org.mixdq4j.core.graph.op.Op;

/** Adds nodes below one module path; input sizes of layers and norms follow from the values they read. */
public final class ModuleScope {
    private final GraphBuilder graph;
    private final String path;

    private ModuleScope(GraphBuilder graph, String path) {
        this.graph = graph;
        this.path = path;
    }

    /** The scope of the whole network, whose modules have no prefix. */
    public static ModuleScope root(GraphBuilder graph) {
        return new ModuleScope(graph, "");
    }

    public ModuleScope child(String name) {
        return new ModuleScope(graph, id(name));
    }

    /** Module {@code index} of a list of modules. */
    public ModuleScope child(String list, int index) {
        return child(list + "." + index);
    }

    /** Declares that {@code value} is what the module of this scope returns. */
    public Value returns(Value value) {
        return graph.module(path, value);
    }

    public Value op(String name, Op op, Value... from) {
        return graph.add(id(name), op, from);
    }

    public Value linear(String name, Value x, int outputs, boolean bias) {
        return op(name, new Linear(x.shape().dim(-1), outputs, bias), x);
    }

    /** A square convolution with stride 1 that keeps the extents (for odd kernels). */
    public Value conv(String name, Value x, int outputs, int kernel) {
        return conv(name, x, outputs, kernel, 1, Padding.same((kernel - 1) / 2));
    }

    public Value conv(String name, Value x, int outputs, int kernel, int stride, Padding padding) {
        return op(name, new Conv2d(x.shape().dim(1), outputs, kernel, kernel, stride, padding, true), x);
    }

    public Value groupNorm(String name, Value x, int groups, double epsilon) {
        return op(name, new GroupNorm(groups, x.shape().dim(1), epsilon), x);
    }

    public Value layerNorm(String name, Value x, double epsilon) {
        return op(name, new LayerNorm(x.shape().dim(-1), epsilon, true), x);
    }

    public Value silu(String name, Value x) {
        return op(name, new Activate(Activate.Function.SILU), x);
    }

    public Value add(String name, Value a, Value b) {
        return op(name, new Add(), a, b);
    }

    public Value mul(String name, Value a, Value b) {
        return op(name, new Mul(), a, b);
    }

    /** @throws MixdqException if an extent the caller asks for is below 1 */
    public static int extent(String what, int extent) {
        if (extent < 1) {
            throw new MixdqException("The " + what + " asked of a network is " + extent + ", expected at least 1.");
        }
        return extent;
    }

    private String id(String name) {
        return path.isEmpty() ? name : path + "." + name;
    }
}
