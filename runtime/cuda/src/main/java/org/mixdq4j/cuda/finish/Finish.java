package org.mixdq4j.cuda.finish;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Epilogue;
import org.mixdq4j.core.lower.step.Output;
import org.mixdq4j.core.quant.AffineParams;
import org.mixdq4j.core.quant.Rotation;
import org.mixdq4j.core.quant.TokenParams;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.cuda.bind.Binder;
import org.mixdq4j.cuda.device.Arguments;
import org.mixdq4j.cuda.device.Layout;

/**
 * The end of a step as {@code finish.cuh} has it. GEGLU is not part of it: the kernels that do it have its columns together.
 *
 * @param then without GEGLU
 * @param rows of the result
 * @param samples extent of the result's first axis
 */
public record Finish(List<Epilogue> then, List<Output> outputs, int rows, int samples) {
    /** Most epilogues, operands and outputs of one step. */
    public static final int EPILOGUES = 6;

    public static final int OPERANDS = 6;
    public static final int SINKS = 3;

    static final int FUNCTION = 16;
    static final int LEVELS = 3;
    static final int TOKENS = 4;

    public Finish {
        then = List.copyOf(then);
        outputs = List.copyOf(outputs);
    }

    /** Of a step whose result has the first output's rows. */
    public static Finish of(List<Epilogue> then, List<Output> outputs) {
        View first = outputs.get(0).to();
        return new Finish(
                then.stream()
                        .filter(epilogue -> !(epilogue instanceof Epilogue.GeGlu))
                        .toList(),
                outputs,
                Math.toIntExact(first.rows()),
                first.shape().rank() > 1 ? first.shape().dim(0) : 1);
    }

    /** Whether {@code finish.cuh} has places for all of it. */
    public boolean fits() {
        return then.size() <= EPILOGUES && operands().size() <= OPERANDS && outputs.size() <= SINKS;
    }

    /**
     * Whether an output needs more of its row than one element: a scale for each row, or rotated columns. Kernels that do not
     * see whole rows leave such steps.
     */
    public boolean perToken() {
        return outputs.stream().anyMatch(output -> sink(output) == TOKENS) || rotates();
    }

    /** Whether columns of an output are rotated before they are rounded. */
    public boolean rotates() {
        return outputs.stream().anyMatch(output -> rotation(output) != Rotation.NONE);
    }

    /** Whether all runs of columns that are rotated have up to so many and begin at multiples of their size. */
    public boolean rotatesWithin(int columns) {
        return outputs.stream().allMatch(output -> {
            int size = rotation(output);
            return size == Rotation.NONE || size <= columns && output.from() % size == 0;
        });
    }

    /**
     * Whether {@code count} columns at a time can be read and written as one: addresses, pitches and first columns are
     * multiples of it, of bytes as well as of halves. (Values of the arena lie at multiples of 256.)
     */
    public boolean vectors(int count) {
        return operands().stream().allMatch(view -> view.offset() % count == 0 && pitch(view) % count == 0)
                && outputs.stream()
                        .allMatch(output -> output.from() % count == 0
                                && output.to().columns() % count == 0
                                && output.to().offset() % count == 0
                                && output.to().rowStride() % count == 0);
    }

    /** Views that epilogues read, in order. */
    public List<View> operands() {
        return then.stream().flatMap(epilogue -> epilogue.reads().stream()).toList();
    }

    /** The macros that say what it does. */
    public Map<String, Object> defines() {
        Map<String, Object> defines = new TreeMap<>();
        defines.put("THEN", then.size());
        for (int i = 0; i < then.size(); i++) {
            defines.put("THEN_" + i, kind(then.get(i)));
        }
        List<View> operands = operands();
        for (int i = 0; i < operands.size(); i++) {
            defines.put("TYPE_" + i, type(operands.get(i).value().type()));
        }
        defines.put("SINKS", outputs.size());
        for (int i = 0; i < outputs.size(); i++) {
            defines.put("SINK_" + i, sink(outputs.get(i)));
            if (rotation(outputs.get(i)) != Rotation.NONE) {
                defines.put("ROTATE_" + i, rotation(outputs.get(i)));
            }
        }
        return defines;
    }

    /** A structure's field of type {@code Finish}. */
    public static Layout append(Layout layout, String field) {
        layout.align(Long.BYTES);
        for (int i = 0; i < OPERANDS; i++) {
            String operand = field + ".operand[" + i + "]";
            layout.pointers(operand + ".at").s32(operand + ".pitch", operand + ".rowsEach");
        }
        for (int i = 0; i < SINKS; i++) {
            String sink = field + ".sink[" + i + "]";
            layout.pointers(sink + ".at", sink + ".rowScales", sink + ".factors")
                    .s32(sink + ".pitch", sink + ".from", sink + ".columns")
                    .f32(sink + ".inverseScale", sink + ".zeroPoint", sink + ".largest");
        }
        return layout.align(Long.BYTES);
    }

    /** Fills such a field. */
    public void write(Arguments arguments, String field, Binder binder) {
        List<View> operands = new ArrayList<>();
        for (Epilogue epilogue : then) {
            boolean rowEach = epilogue instanceof Epilogue.Add || epilogue instanceof Epilogue.Mul;
            for (View view : epilogue.reads()) {
                String operand = field + ".operand[" + operands.size() + "]";
                arguments
                        .pointer(operand + ".at", binder.address(view))
                        .s32(operand + ".pitch", pitch(view))
                        .s32(operand + ".rowsEach", rowEach ? 1 : rows / samples);
                operands.add(view);
            }
        }
        for (int i = 0; i < outputs.size(); i++) {
            Output output = outputs.get(i);
            String sink = field + ".sink[" + i + "]";
            arguments
                    .pointer(sink + ".at", binder.address(output.to()))
                    .s32(sink + ".pitch", output.to().rowStride())
                    .s32(sink + ".from", output.from())
                    .s32(sink + ".columns", output.to().columns());
            if (output instanceof Output.Levels levels) {
                writeLevels(arguments, sink, levels, binder);
            }
        }
    }

    private static void writeLevels(Arguments arguments, String sink, Output.Levels levels, Binder binder) {
        levels.rowScales().ifPresent(scales -> arguments.pointer(sink + ".rowScales", binder.address(scales)));
        levels.quantizer().factors().ifPresent(factors -> arguments.pointer(sink + ".factors", binder.floats(factors)));
        arguments.f32(sink + ".largest", levels.quantizer().params().maxLevel());
        if (levels.quantizer().params() instanceof AffineParams params) {
            arguments.f32(sink + ".inverseScale", params.inverseScale()).f32(sink + ".zeroPoint", params.zeroPoint());
        } else if (levels.quantizer().params() instanceof TokenParams params) {
            arguments.f32(sink + ".zeroPoint", params.zeroPoint());
        }
    }

    /** Elements from the row of one sample to the next, or from row to row. */
    private static long pitch(View view) {
        if (view.isMatrix()) {
            return view.rows() == 1 ? view.columns() : view.rowStride();
        }
        return view.strides().get(0);
    }

    private static int kind(Epilogue epilogue) {
        if (epilogue instanceof Epilogue.AddRow) {
            return 1;
        } else if (epilogue instanceof Epilogue.MulRow) {
            return 2;
        } else if (epilogue instanceof Epilogue.Modulate) {
            return 3;
        } else if (epilogue instanceof Epilogue.Add) {
            return 4;
        } else if (epilogue instanceof Epilogue.Mul) {
            return 5;
        } else if (epilogue instanceof Epilogue.Apply apply) {
            return FUNCTION + apply.function().ordinal();
        }
        throw new IllegalArgumentException(epilogue + " is not done by finish.cuh");
    }

    private static int rotation(Output output) {
        return output instanceof Output.Levels levels ? levels.quantizer().rotation() : Rotation.NONE;
    }

    private static int sink(Output output) {
        if (output instanceof Output.Levels levels) {
            return levels.rowScales().isPresent() ? TOKENS : LEVELS;
        }
        return type(output.to().value().type());
    }

    /** The number of an element type of floats in macros. */
    public static int type(DType type) {
        return switch (type) {
            case F32 -> 0;
            case F16 -> 1;
            case BF16 -> 2;
            default -> throw new IllegalArgumentException("floats of type " + type);
        };
    }
}
