package org.mixdq4j.core.lower.describe;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.pass.Steps;
import org.mixdq4j.core.lower.step.Attend;
import org.mixdq4j.core.lower.step.Epilogue;
import org.mixdq4j.core.lower.step.Load;
import org.mixdq4j.core.lower.step.Normalize;
import org.mixdq4j.core.lower.step.Other;
import org.mixdq4j.core.lower.step.Output;
import org.mixdq4j.core.lower.step.Pointwise;
import org.mixdq4j.core.lower.step.Product;
import org.mixdq4j.core.lower.step.Step;
import org.mixdq4j.core.tensor.DType;

/**
 * One step of a program.
 *
 * @param id of the last node whose work the step does
 * @param kind such as {@code conv 3x3, INT8}
 * @param reads shapes and types of its main inputs
 * @param writes of its outputs
 * @param with what it does besides: epilogues and quantized outputs
 * @param steady whether it need not run while steady inputs stay as they are
 * @param multiplications of products and attention; 0 for others
 * @param bytes of values that are read and written once each, weights apart
 */
public record StepLine(
        String id,
        String kind,
        String reads,
        String writes,
        String with,
        boolean steady,
        long multiplications,
        long bytes) {
    private static final int MOST_AXES = 4;

    static StepLine of(Step step, boolean steady) {
        return new StepLine(
                step.id(),
                kind(step),
                values(inputs(step)),
                values(step.writes().stream()
                        .filter(view -> view.shape().rank() > 1 || step.writes().size() == 1)
                        .toList()),
                String.join(", ", with(step)),
                steady,
                multiplications(step),
                bytes(step));
    }

    /** The kind without what differs between steps that are summed: {@code linear, INT8} of merged ones too. */
    public String family() {
        return kind.replaceFirst("^\\d+ linears", "linear").replaceFirst("^(attention),.*", "$1");
    }

    /** The same but for the id: lines that are alike in this stand for steps that do the same work. */
    StepLine withoutId() {
        return new StepLine("", kind, reads, writes, with, steady, multiplications, bytes);
    }

    private static String kind(Step step) {
        if (step instanceof Product product) {
            return product(product);
        } else if (step instanceof Normalize normalize) {
            return normalize.kind() instanceof Normalize.Groups
                    ? "group norm"
                    : normalize.kind() instanceof Normalize.Rows ? "layer norm" : "RMS norm";
        } else if (step instanceof Attend attend) {
            return "attention, " + attend.op().heads() + (attend.op().heads() == 1 ? " head" : " heads");
        } else if (step instanceof Pointwise pointwise) {
            boolean quantizes = pointwise.then().isEmpty()
                    && pointwise.outputs().stream().allMatch(Output.Levels.class::isInstance);
            return quantizes ? "quantize" : "pointwise";
        } else if (step instanceof Other other) {
            return other.op().name();
        }
        return step instanceof Load ? "load" : "move";
    }

    private static String product(Product product) {
        String type = product.integer() ? "INT8" : "float";
        if (product.op() instanceof Conv2d conv) {
            String stride = conv.stride() == 1 ? "" : "/" + conv.stride();
            return "conv " + conv.kernelHeight() + "x" + conv.kernelWidth() + stride + ", " + type;
        }
        int layers = product.layers().size();
        return (layers == 1 ? "linear, " : layers + " linears, ") + type;
    }

    private static List<View> inputs(Step step) {
        if (step instanceof Product product) {
            return product.inputs().stream().map(Product.Operand::from).toList();
        } else if (step instanceof Normalize normalize) {
            return normalize.inputs();
        } else if (step instanceof Pointwise pointwise) {
            return pointwise.inputs();
        } else if (step instanceof Attend attend) {
            return List.of(attend.query(), attend.key());
        }
        return step.reads();
    }

    /** {@code U8 1024x640}, the first axis left out where it is 1; of what is moved all of the value. */
    private static String values(List<View> views) {
        Map<String, Integer> counts = new LinkedHashMap<>();
        for (View view : views) {
            View shown = view.shape().rank() > MOST_AXES ? View.of(view.value()) : view;
            counts.merge(shown.value().type() + " " + extents(shown), 1, Integer::sum);
        }
        return counts.entrySet().stream()
                .map(entry -> (entry.getValue() == 1 ? "" : entry.getValue() + " of ") + entry.getKey())
                .collect(Collectors.joining(" + "));
    }

    private static String extents(View view) {
        List<String> extents = new ArrayList<>();
        for (int axis = 0; axis < view.shape().rank(); axis++) {
            if (axis > 0 || view.shape().dim(axis) > 1 || view.shape().rank() == 1) {
                extents.add(Integer.toString(view.shape().dim(axis)));
            }
        }
        return String.join("x", extents);
    }

    private static List<String> with(Step step) {
        List<String> words = new ArrayList<>();
        if (step instanceof Product product && product.firstRow().isPresent()) {
            words.add("first token in float");
        }
        Steps.then(step).forEach(epilogue -> words.add(word(epilogue)));
        List<Output> outputs = Steps.outputs(step);
        long quantized =
                outputs.stream().filter(Output.Levels.class::isInstance).count();
        if (quantized > 0 && !kind(step).equals("quantize")) {
            words.add(quantized == 1 ? "quantize" : "quantize " + quantized + " times");
        }
        return words;
    }

    private static String word(Epilogue epilogue) {
        if (epilogue instanceof Epilogue.Apply apply) {
            return apply.function().name().toLowerCase(Locale.ROOT).replace('_', ' ');
        } else if (epilogue instanceof Epilogue.AddRow) {
            return "+ row";
        } else if (epilogue instanceof Epilogue.MulRow) {
            return "x row";
        } else if (epilogue instanceof Epilogue.Add) {
            return "+ value";
        } else if (epilogue instanceof Epilogue.Mul) {
            return "x value";
        }
        return epilogue instanceof Epilogue.Modulate ? "modulate" : "GEGLU";
    }

    private static long multiplications(Step step) {
        if (step instanceof Product product) {
            View out = product.outputs().get(0).to();
            long taps = product.op() instanceof Conv2d conv ? (long) conv.kernelHeight() * conv.kernelWidth() : 1;
            return out.rows() * product.op().outputs() * product.op().inputs() * taps;
        }
        return step instanceof Attend attend
                ? 2 * attend.query().shape().elements() * attend.key().shape().dim(1)
                : 0;
    }

    private static long bytes(Step step) {
        Set<View> views = new LinkedHashSet<>(step.reads());
        views.addAll(step.writes());
        return views.stream().mapToLong(StepLine::bytes).sum();
    }

    /** What is repeated counts once. */
    private static long bytes(View view) {
        long elements = 1;
        for (int axis = 0; axis < view.shape().rank(); axis++) {
            elements *= view.strides().get(axis) == 0 ? 1 : view.shape().dim(axis);
        }
        DType type = view.value().type();
        return elements * type.bytes();
    }
}
