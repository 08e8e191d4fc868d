package org.mixdq4j.torch.simulate;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import org.mixdq4j.core.exec.Arithmetic;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.torch.kernel.Kernel;
import org.mixdq4j.torch.kernel.Operands;

/** Chooses how a quantized layer is computed. */
public final class QuantizedKernels implements AutoCloseable {
    /** Elements of a weight that is worth holding in less memory than FP32 takes. */
    private static final long LARGE = 1L << 16;

    private final IntegerBodies integerBodies;

    /** @param integerBodies closed with this */
    public QuantizedKernels(IntegerBodies integerBodies) {
        this.integerBodies = integerBodies;
    }

    /**
     * A kernel for {@code node} in its quantized form. Layers with a float weight or input are simulated under either
     * numerics, since there are no integers to multiply; in integer execution large integer weights stay integers in
     * memory.
     *
     * @param input shape of the node's input
     * @param manager owns the arrays of the kernel
     * @throws org.mixdq4j.core.error.MixdqException if the layer does not fit the node, or cannot be computed
     */
    public Kernel create(Node node, QuantizedLayer layer, Shape input, Arithmetic arithmetic, NDManager manager) {
        LayerCheck.check(node, layer, input);
        LayerBody body = layer.bos()
                ? firstRow(node, layer, input, arithmetic, manager)
                : body(node, layer, input, arithmetic, manager);
        return new BodyKernel(body);
    }

    @Override
    public void close() {
        integerBodies.close();
    }

    private LayerBody body(Node node, QuantizedLayer layer, Shape input, Arithmetic arithmetic, NDManager manager) {
        if (!layer.integer()) {
            SegmentWeight.Holder holder =
                    arithmetic == Arithmetic.INTEGER && large(layer) ? integerBodies::weight : SegmentWeight::floats;
            return new SimulatedBody(new SegmentedProduct(node, layer, holder, input.rank(), manager));
        }
        return arithmetic == Arithmetic.INTEGER
                ? integerBodies.create(node, layer, input)
                : new LevelBody(node, layer, input.rank(), manager);
    }

    /** Small ones cost little memory and, dequantized at each use, relatively much time. */
    private static boolean large(QuantizedLayer layer) {
        return layer.segments().stream()
                        .mapToLong(segment -> segment.weight().shape().elements())
                        .sum()
                >= LARGE;
    }

    private LayerBody firstRow(Node node, QuantizedLayer layer, Shape input, Arithmetic arithmetic, NDManager manager) {
        // Seldom computed, so it may take longer; but a simulated layer may be made for one run, and packing takes
        // time.
        SegmentWeight.Holder holder = arithmetic == Arithmetic.INTEGER ? integerBodies::weight : SegmentWeight::bytes;
        SegmentedProduct row = new SegmentedProduct(node, layer, holder, input.rank(), manager);
        LayerBody all = input.dim(1) > 1 ? body(node, layer, input, arithmetic, manager) : null;
        return new FirstRowBody(row, all);
    }

    private record BodyKernel(LayerBody body) implements Kernel {
        @Override
        public NDArray run(Operands operands) {
            return body.run(operands.get(0), operands.scratch());
        }

        @Override
        public long weightBytes() {
            return body.weightBytes();
        }

        @Override
        public void close() {
            body.close();
        }
    }
}
