package org.mixdq4j.core.lower.pass;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.lower.Draft;
import org.mixdq4j.core.lower.Value;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Attend;
import org.mixdq4j.core.lower.step.Epilogue;
import org.mixdq4j.core.lower.step.Load;
import org.mixdq4j.core.lower.step.Move;
import org.mixdq4j.core.lower.step.Normalize;
import org.mixdq4j.core.lower.step.Other;
import org.mixdq4j.core.lower.step.Output;
import org.mixdq4j.core.lower.step.Pointwise;
import org.mixdq4j.core.lower.step.Product;
import org.mixdq4j.core.lower.step.Step;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;

/** What every step keeps, so that whoever runs one need not ask. */
public final class Rules {
    private final Step step;
    private final List<String> broken = new ArrayList<>();

    private Rules(Step step) {
        this.step = step;
    }

    /** @throws IllegalStateException naming the first step that breaks a rule, or that reads what is not written yet */
    public static void check(Draft draft) {
        Map<String, Value> known = new HashMap<>();
        draft.inputs().values().forEach(value -> known.put(value.id(), value));
        for (Step step : draft.steps()) {
            List<String> broken = broken(step);
            for (View view : step.reads()) {
                if (!view.value().equals(known.get(view.value().id()))) {
                    broken.add("reads " + view + ", which no step before it writes");
                }
            }
            for (View view : step.writes()) {
                Value before = known.put(view.value().id(), view.value());
                if (before != null && !before.equals(view.value())) {
                    broken.add("writes " + view + " where another value is called so");
                }
            }
            if (!broken.isEmpty()) {
                throw new IllegalStateException(draft.name() + ": step '" + step.id() + "' " + broken.get(0));
            }
        }
        draft.outputs().forEach((name, view) -> {
            if (!view.value().equals(known.get(view.value().id())) || !view.isDense()) {
                throw new IllegalStateException(draft.name() + ": output '" + name + "' is " + view);
            }
        });
    }

    /** What is wrong with a step; empty if nothing is. */
    static List<String> broken(Step step) {
        Rules rules = new Rules(step);
        rules.check();
        return rules.broken;
    }

    private void check() {
        if (step instanceof Product product) {
            product(product);
        } else if (step instanceof Normalize normalize) {
            joined(normalize.inputs());
            result(normalize.inputs().get(0).shape().with(-1, columns(normalize.inputs())), normalize.then());
        } else if (step instanceof Pointwise pointwise) {
            joined(pointwise.inputs());
            result(pointwise.inputs().get(0).shape().with(-1, columns(pointwise.inputs())), pointwise.then());
        } else if (step instanceof Attend attend) {
            List.of(attend.query(), attend.key(), attend.value()).forEach(this::rows);
            attend.bias().ifPresent(bias -> expect(bias.isDense(), () -> "has the bias " + bias));
            result(attend.query().shape(), List.of());
        } else if (step instanceof Move move) {
            expect(
                    move.from().value().type() == move.to().value().type(),
                    () -> "moves " + move.from() + " to " + move.to());
        } else if (step instanceof Load load) {
            expect(load.to().value().type().isFloat(), () -> "loads " + load.to());
        } else if (step instanceof Other other) {
            other.inputs().forEach(view -> expect(view.isDense(), () -> "reads " + view + ", not dense"));
            expect(other.to().isDense(), () -> "writes " + other.to() + ", not dense");
        }
    }

    private void product(Product product) {
        Shape in = product.inputs().get(0).from().shape();
        joined(product.inputs().stream().map(Product.Operand::from).toList());
        for (Product.Operand operand : product.inputs()) {
            boolean levels = operand instanceof Product.Levels;
            expect(levels == product.integer(), () -> "reads bytes and floats");
            expect((operand.from().value().type() == DType.U8) == levels, () -> "reads " + operand);
            if (operand instanceof Product.Levels quantized) {
                quantized.rowScales().ifPresent(scales -> rowScales(scales, operand.from()));
            }
        }
        expect(
                columns(product.inputs().stream().map(Product.Operand::from).toList())
                        == product.op().inputs(),
                () -> "reads other channels than " + product.op());
        product.firstRow().ifPresent(this::rows);
        Shape out = in.with(-1, product.op().outputs());
        if (product.op() instanceof Conv2d conv) {
            Shape image = conv.outputShape(List.of(Shape.of(in.dim(0), conv.inputs(), in.dim(1), in.dim(2))));
            out = Shape.of(image.dim(0), image.dim(2), image.dim(3), image.dim(1));
        }
        result(out, product.then());
    }

    private void joined(List<View> views) {
        Shape first = views.get(0).shape();
        for (View view : views) {
            matrix(view);
            expect(view.shape().with(-1, first.dim(-1)).equals(first), () -> "joins " + views);
        }
    }

    /** Epilogues and outputs of a result of this shape. */
    private void result(Shape result, List<Epilogue> then) {
        Shape shape = result;
        for (Epilogue epilogue : then) {
            if (epilogue instanceof Epilogue.GeGlu) {
                boolean first = epilogue == then.get(0);
                expect(first && result.dim(-1) % 2 == 0, () -> "halves " + result + " after other epilogues");
                shape = result.with(-1, result.dim(-1) / 2);
            } else {
                operands(epilogue, shape);
            }
        }
        outputs(shape);
    }

    private void operands(Epilogue epilogue, Shape shape) {
        boolean whole = epilogue instanceof Epilogue.Add || epilogue instanceof Epilogue.Mul;
        Shape expected = whole ? shape : oneRow(shape);
        for (View view : epilogue.reads()) {
            if (whole) {
                matrix(view);
            } else {
                rows(view);
            }
            expect(view.shape().equals(expected), () -> "combines " + shape + " with " + view);
        }
    }

    /** One row a sample. */
    private static Shape oneRow(Shape shape) {
        int[] dims = shape.toArray();
        Arrays.fill(dims, 1, Math.max(1, dims.length - 1), 1);
        return Shape.of(dims);
    }

    private void outputs(Shape shape) {
        for (Output output : Steps.outputs(step)) {
            View to = output.to();
            matrix(to);
            expect(
                    to.shape().with(-1, shape.dim(-1)).equals(shape)
                            && output.from() >= 0
                            && output.from() + to.columns() <= shape.dim(-1),
                    () -> "writes " + shape + " to " + to + " from column " + output.from());
            boolean levels = output instanceof Output.Levels;
            expect(levels == (to.value().type() == DType.U8), () -> "writes " + output);
            if (output instanceof Output.Levels quantized) {
                quantized.rowScales().ifPresent(scales -> rowScales(scales, to));
            }
        }
        expect(!Steps.outputs(step).isEmpty(), () -> "writes nothing");
    }

    private void rowScales(View scales, View rows) {
        expect(
                scales.isDense()
                        && scales.value().type() == DType.F32
                        && scales.shape().elements() == rows.rows(),
                () -> "has the row scales " + scales);
    }

    private void matrix(View view) {
        expect(view.isMatrix(), () -> "has " + view + ", no matrix");
    }

    private void rows(View view) {
        int last = view.shape().rank() - 1;
        expect(
                view.columns() == 1 || view.strides().get(last) == 1,
                () -> "has " + view + ", whose rows are not dense");
    }

    /** Messages are made only if needed: passes ask often whether a step would be right. */
    private void expect(boolean holds, Supplier<String> otherwise) {
        if (!holds) {
            broken.add(otherwise.get());
        }
    }

    private static int columns(List<View> views) {
        return views.stream().mapToInt(View::columns).sum();
    }
}
