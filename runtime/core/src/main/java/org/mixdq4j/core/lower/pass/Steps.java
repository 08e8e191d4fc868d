package org.mixdq4j.core.lower.pass;

import java.util.List;
import java.util.function.UnaryOperator;
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

/** Steps with some of their parts replaced. */
public final class Steps {
    private Steps() {}

    /** The step with every view it reads or writes replaced. */
    public static Step map(Step step, UnaryOperator<View> to) {
        if (step instanceof Product product) {
            return new Product(
                    product.id(),
                    product.layers(),
                    product.op(),
                    product.inputs().stream().map(input -> map(input, to)).toList(),
                    product.firstRow().map(to),
                    map(product.then(), to),
                    mapOutputs(product.outputs(), to));
        } else if (step instanceof Normalize normalize) {
            return new Normalize(
                    normalize.id(),
                    normalize.kind(),
                    normalize.parameters(),
                    normalize.inputs().stream().map(to).toList(),
                    map(normalize.then(), to),
                    mapOutputs(normalize.outputs(), to));
        } else if (step instanceof Pointwise pointwise) {
            return new Pointwise(
                    pointwise.id(),
                    pointwise.inputs().stream().map(to).toList(),
                    map(pointwise.then(), to),
                    mapOutputs(pointwise.outputs(), to));
        } else if (step instanceof Attend attend) {
            return new Attend(
                    attend.id(),
                    attend.op(),
                    to.apply(attend.query()),
                    to.apply(attend.key()),
                    to.apply(attend.value()),
                    attend.bias().map(to),
                    mapOutputs(attend.outputs(), to));
        } else if (step instanceof Move move) {
            return new Move(move.id(), to.apply(move.from()), to.apply(move.to()));
        } else if (step instanceof Load load) {
            return new Load(load.id(), load.parameter(), load.from(), to.apply(load.to()));
        }
        Other other = (Other) step;
        return new Other(
                other.id(),
                other.node(),
                other.op(),
                other.inputs().stream().map(to).toList(),
                to.apply(other.to()));
    }

    private static Product.Operand map(Product.Operand operand, UnaryOperator<View> to) {
        View from = to.apply(operand.from());
        return operand instanceof Product.Levels levels
                ? new Product.Levels(from, levels.rowScales().map(to), levels.quantizer())
                : new Product.Floats(from);
    }

    static List<Epilogue> map(List<Epilogue> then, UnaryOperator<View> to) {
        return then.stream().map(each -> map(each, to)).toList();
    }

    private static Epilogue map(Epilogue epilogue, UnaryOperator<View> to) {
        if (epilogue instanceof Epilogue.AddRow add) {
            return new Epilogue.AddRow(to.apply(add.row()));
        } else if (epilogue instanceof Epilogue.MulRow mul) {
            return new Epilogue.MulRow(to.apply(mul.row()));
        } else if (epilogue instanceof Epilogue.Modulate modulate) {
            return new Epilogue.Modulate(to.apply(modulate.scale()), to.apply(modulate.shift()));
        } else if (epilogue instanceof Epilogue.Add add) {
            return new Epilogue.Add(to.apply(add.other()));
        } else if (epilogue instanceof Epilogue.Mul mul) {
            return new Epilogue.Mul(to.apply(mul.other()));
        }
        return epilogue;
    }

    static List<Output> mapOutputs(List<Output> outputs, UnaryOperator<View> to) {
        return outputs.stream().map(output -> map(output, to)).toList();
    }

    private static Output map(Output output, UnaryOperator<View> to) {
        View view = to.apply(output.to());
        return output instanceof Output.Levels levels
                ? new Output.Levels(view, levels.rowScales().map(to), levels.quantizer(), levels.from())
                : new Output.Floats(view, output.from());
    }

    /** Outputs of a step that has a list of them; empty for others. */
    public static List<Output> outputs(Step step) {
        if (step instanceof Product product) {
            return product.outputs();
        } else if (step instanceof Normalize normalize) {
            return normalize.outputs();
        } else if (step instanceof Pointwise pointwise) {
            return pointwise.outputs();
        }
        return step instanceof Attend attend ? attend.outputs() : List.of();
    }

    /** A step that has a list of outputs, with another one. */
    static Step withOutputs(Step step, List<Output> outputs) {
        if (step instanceof Attend a) {
            return new Attend(a.id(), a.op(), a.query(), a.key(), a.value(), a.bias(), outputs);
        }
        return with(step, step.id(), then(step), outputs);
    }

    /** Epilogues of a step that can have them; empty for others. */
    public static List<Epilogue> then(Step step) {
        if (step instanceof Product product) {
            return product.then();
        } else if (step instanceof Normalize normalize) {
            return normalize.then();
        }
        return step instanceof Pointwise pointwise ? pointwise.then() : List.of();
    }

    /** Whether the step can have epilogues. */
    static boolean hasEpilogues(Step step) {
        return step instanceof Product || step instanceof Normalize || step instanceof Pointwise;
    }

    /** A step that can have epilogues, with others. */
    static Step with(Step step, String id, List<Epilogue> then, List<Output> outputs) {
        if (step instanceof Product p) {
            return new Product(id, p.layers(), p.op(), p.inputs(), p.firstRow(), then, outputs);
        } else if (step instanceof Normalize n) {
            return new Normalize(id, n.kind(), n.parameters(), n.inputs(), then, outputs);
        }
        return new Pointwise(id, ((Pointwise) step).inputs(), then, outputs);
    }

    /** The one view of floats a step writes, if it writes nothing else. */
    static View onlyFloats(Step step) {
        List<Output> outputs = outputs(step);
        return outputs.size() == 1 && outputs.get(0) instanceof Output.Floats floats && floats.from() == 0
                ? floats.to()
                : null;
    }
}
