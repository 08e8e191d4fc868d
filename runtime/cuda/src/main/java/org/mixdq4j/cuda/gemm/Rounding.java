package org.mixdq4j.cuda.gemm;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Output;
import org.mixdq4j.core.lower.step.Product;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.cuda.bind.Binder;
import org.mixdq4j.cuda.device.Arguments;
import org.mixdq4j.cuda.device.Geometry;
import org.mixdq4j.cuda.device.Kernel;
import org.mixdq4j.cuda.device.Layout;
import org.mixdq4j.cuda.device.Parameter;
import org.mixdq4j.cuda.device.host.HostMemory;
import org.mixdq4j.cuda.finish.Finish;
import org.mixdq4j.cuda.finish.FinishTwin;

/**
 * Inputs of a network are F32. Where it computes in halves, products of many of their rows (the text's) round them first, as a
 * network whose inputs are halves has them: {@code halves.cu}.
 */
final class Rounding {
    /** Rows of a sample from which on it pays. Not rows of all samples: bits must not depend on the batch. */
    private static final int LEAST_ROWS = 16;

    private static final int VECTOR = 8;
    private static final int THREADS = 256;

    private static final Layout LAYOUT =
            new Layout("HalvesArgs").pointers("from", "to").s32("rows", "columns", "pitch");

    private Rounding() {}

    /** The type that an input of a product is rounded to; empty where it is not. */
    static Optional<DType> of(Product product, View from) {
        View first = product.outputs().get(0).to();
        DType type = first.value().type();
        long samples = first.shape().rank() > 1 ? first.shape().dim(0) : 1;
        boolean rounds = !product.integer()
                && from.value().type() == DType.F32
                && (type == DType.F16 || type == DType.BF16)
                && product.outputs().stream()
                        .allMatch(output -> output instanceof Output.Floats
                                && output.to().value().type() == type)
                && first.rows() / samples >= LEAST_ROWS
                && from.isMatrix()
                && from.columns() % VECTOR == 0
                && from.offset() % (VECTOR / 2) == 0
                && from.rowStride() % (VECTOR / 2) == 0;
        return rounds ? Optional.of(type) : Optional.empty();
    }

    /** @return the place of the halves, rows one after the other, while this step runs */
    static long launch(View from, DType type, Binder binder) {
        long rows = from.rows();
        long to = binder.scratch(Short.BYTES * rows * from.columns());
        Arguments arguments = new Arguments(LAYOUT)
                .pointer("from", binder.address(from))
                .scratch("to", to)
                .s32("rows", rows)
                .s32("columns", from.columns())
                .s32("pitch", from.rowStride());
        binder.launch(kernel(type), Geometry.of(rows * from.columns() / VECTOR, THREADS), arguments);
        return to;
    }

    private static Kernel kernel(DType type) {
        return new Kernel("halves.cu", "roundToHalves", Map.of("FLOATS", Finish.type(type)), LAYOUT);
    }

    static List<Kernel> variants() {
        return List.of(kernel(DType.F16), kernel(DType.BF16));
    }

    static void twin(HostMemory memory, Kernel kernel, Geometry geometry, List<Parameter> parameters) {
        Arguments arguments = (Arguments) parameters.get(0);
        int columns = arguments.s32("columns");
        long count = Math.min((long) arguments.s32("rows") * columns, geometry.blocks() * THREADS * VECTOR);
        for (long i = 0; i < count; i++) {
            long source = i / columns * arguments.s32("pitch") + i % columns;
            float x = memory.f32(arguments.pointer("from") + Float.BYTES * source);
            FinishTwin.setFloat(memory, kernel.number("FLOATS"), arguments.pointer("to"), i, x);
        }
    }
}
