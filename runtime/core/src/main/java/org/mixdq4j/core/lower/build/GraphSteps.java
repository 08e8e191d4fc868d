package org.mixdq4j.core.lower.build;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.op.Activate;
import org.mixdq4j.core.graph.op.Add;
import org.mixdq4j.core.graph.op.Attention;
import org.mixdq4j.core.graph.op.Broadcast;
import org.mixdq4j.core.graph.op.Concat;
import org.mixdq4j.core.graph.op.GeGlu;
import org.mixdq4j.core.graph.op.GroupNorm;
import org.mixdq4j.core.graph.op.LayerNorm;
import org.mixdq4j.core.graph.op.Mul;
import org.mixdq4j.core.graph.op.Op;
import org.mixdq4j.core.graph.op.Parameter;
import org.mixdq4j.core.graph.op.Reshape;
import org.mixdq4j.core.graph.op.RmsNorm;
import org.mixdq4j.core.graph.op.Slice;
import org.mixdq4j.core.graph.op.Transpose;
import org.mixdq4j.core.graph.op.UpsampleNearest;
import org.mixdq4j.core.lower.Draft;
import org.mixdq4j.core.lower.Value;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Attend;
import org.mixdq4j.core.lower.step.Epilogue;
import org.mixdq4j.core.lower.step.Move;
import org.mixdq4j.core.lower.step.Normalize;
import org.mixdq4j.core.lower.step.Other;
import org.mixdq4j.core.lower.step.Output;
import org.mixdq4j.core.quant.LayerForm;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;

/**
 * Lowers a graph node by node. The value of every node is kept as a view under the graph's own shape, [B, C, H, W] for
 * images, whose strides say how it lies in memory: convolutions write channels last, so that what the graph transposes to
 * make tokens of an image is a view, and what it makes an image of again as well.
 */
public final class GraphSteps {
    private final Graph graph;
    private final Storage storage = new Storage();
    private final LayerSteps layers;
    private final ElementSteps elements = new ElementSteps(storage);
    private final Map<String, View> views = new HashMap<>();

    private GraphSteps(Graph graph, Function<String, Optional<LayerForm>> forms) {
        this.graph = graph;
        this.layers = new LayerSteps(storage, forms);
    }

    /**
     * One step a node, or none where a view says it all.
     *
     * @param forms layer id to its quantized form; empty for one in float
     * @throws org.mixdq4j.core.error.MixdqException if a form cannot be computed by integer products
     */
    public static Draft of(Graph graph, Function<String, Optional<LayerForm>> forms) {
        return new GraphSteps(graph, forms).build();
    }

    private Draft build() {
        Map<String, Value> inputs = new LinkedHashMap<>();
        graph.inputs().forEach((name, input) -> {
            Value value = storage.value(name, input.shape(), input.dtype());
            inputs.put(name, value);
            views.put(name, View.of(value));
        });
        for (Node node : graph.nodes()) {
            views.put(node.id(), lower(node));
        }
        Map<String, View> outputs = new LinkedHashMap<>();
        graph.outputs().forEach((name, id) -> outputs.put(name, storage.dense(storage.loaded(views.get(id)))));
        return new Draft(graph.name(), inputs, storage.steps(), outputs);
    }

    private View lower(Node node) {
        List<View> in = node.inputs().stream().map(views::get).toList();
        Op op = node.op();
        if (op instanceof Parameter parameter) {
            return storage.stored(node.parameterName(parameter.parameters().get(0)), parameter.shape());
        } else if (op instanceof Slice slice) {
            return in.get(0).slice(slice.axis(), slice.from(), slice.to());
        } else if (op instanceof Reshape reshape) {
            return storage.reshape(in.get(0), reshape.shape());
        } else if (op instanceof Transpose transpose) {
            return in.get(0).transpose(transpose.permutation());
        } else if (op instanceof Broadcast broadcast) {
            return in.get(0).expand(broadcast.shape());
        }
        return compute(node, op, in.stream().map(storage::loaded).toList());
    }

    private View compute(Node node, Op op, List<View> in) {
        if (node.isLayer()) {
            return layers.add(node, in.get(0));
        } else if (op instanceof Activate activate) {
            return elements.apply(node, in.get(0), new Epilogue.Apply(activate.function()));
        } else if (op instanceof GeGlu) {
            return elements.apply(node, in.get(0), new Epilogue.GeGlu());
        } else if (op instanceof Add) {
            return elements.combine(node, in.get(0), in.get(1), Epilogue.Add::new, Epilogue.AddRow::new);
        } else if (op instanceof Mul) {
            return elements.combine(node, in.get(0), in.get(1), Epilogue.Mul::new, Epilogue.MulRow::new);
        } else if (op instanceof Attention attention) {
            return attend(node, attention, in);
        } else if (op instanceof Concat concat) {
            return concat(node, concat, in);
        } else if (op instanceof UpsampleNearest) {
            return upsample(node, in.get(0));
        }
        return normKind(op).map(kind -> normalize(node, kind, in.get(0))).orElseGet(() -> other(node, in));
    }

    private static Optional<Normalize.Kind> normKind(Op op) {
        if (op instanceof GroupNorm norm) {
            return Optional.of(new Normalize.Groups(norm.groups(), norm.epsilon()));
        } else if (op instanceof LayerNorm norm) {
            return Optional.of(new Normalize.Rows(norm.epsilon()));
        } else if (op instanceof RmsNorm norm) {
            return Optional.of(new Normalize.RootMeanSquare(norm.epsilon()));
        }
        return Optional.empty();
    }

    private View normalize(Node node, Normalize.Kind kind, View in) {
        List<Integer> order = kind instanceof Normalize.Groups
                ? Storage.channelsLast(in.shape().rank())
                : Storage.asIs(in.shape().rank());
        View x = storage.matrix(in.transpose(order));
        View out = View.of(storage.value(node.id(), x.shape(), DType.F32));
        Optional<String> parameters = node.op().parameters().isEmpty() ? Optional.empty() : Optional.of(node.id());
        storage.add(new Normalize(node.id(), kind, parameters, List.of(x), List.of(), List.of(new Output.Floats(out))));
        return out.transposeBack(order);
    }

    private View attend(Node node, Attention op, List<View> in) {
        View out = View.of(storage.value(node.id(), node.shape(), DType.F32));
        storage.add(new Attend(
                node.id(),
                op,
                storage.rows(in.get(0)),
                storage.rows(in.get(1)),
                storage.rows(in.get(2)),
                in.size() > 3 ? Optional.of(storage.dense(in.get(3))) : Optional.empty(),
                List.of(new Output.Floats(out))));
        return out;
    }

    private View concat(Node node, Concat op, List<View> in) {
        List<Integer> order = Storage.order(in.get(0));
        DType type = in.get(0).value().type();
        View joined = View.of(storage.value(node.id(), Storage.permuted(node.shape(), order), type))
                .transposeBack(order);
        int from = 0;
        for (View part : in) {
            int to = from + part.shape().dim(op.axis());
            storage.add(new Move(
                    node.id(),
                    part.transpose(order),
                    joined.slice(op.axis(), from, to).transpose(order)));
            from = to;
        }
        return joined;
    }

    /** By whole factors it is a copy that reads each position several times. */
    private View upsample(Node node, View in) {
        List<Integer> order = Storage.channelsLast(in.shape().rank());
        Shape shape = Storage.permuted(node.shape(), order);
        View x = in.transpose(order);
        int height = x.shape().dim(1);
        int width = x.shape().dim(2);
        View out = View.of(storage.value(node.id(), shape, in.value().type()));
        if (shape.dim(1) % height != 0 || shape.dim(2) % width != 0) {
            storage.add(new Other(node.id(), node.id(), node.op(), List.of(storage.dense(x)), out));
        } else {
            int rows = shape.dim(1) / height;
            int columns = shape.dim(2) / width;
            Shape repeated = Shape.of(shape.dim(0), height, rows, width, columns, shape.dim(3));
            List<Long> strides = new ArrayList<>(x.strides());
            strides.add(2, 0L);
            strides.add(4, 0L);
            View from = new View(x.value(), repeated, x.offset(), strides);
            storage.add(new Move(node.id(), from, out.reshape(repeated).orElseThrow()));
        }
        return out.transposeBack(order);
    }

    private View other(Node node, List<View> in) {
        View out = View.of(storage.value(node.id(), node.shape(), DType.F32));
        storage.add(new Other(
                node.id(), node.id(), node.op(), in.stream().map(storage::dense).toList(), out));
        return out;
    }
}
