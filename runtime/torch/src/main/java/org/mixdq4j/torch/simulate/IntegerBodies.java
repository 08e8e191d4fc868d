package org.mixdq4j.torch.simulate;

import ai.djl.ndarray.NDManager;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.tensor.Shape;

/** Makes layers that multiply integers, for one model. */
@FunctionalInterface
public interface IntegerBodies extends AutoCloseable {
    /** For executors that multiply none. */
    IntegerBodies NONE = (node, layer, input) -> {
        throw new IllegalStateException("'" + node.id() + "' was to be computed in integers, which nothing here does");
    };

    /**
     * The segments and bias of {@code layer} for all rows; to replace the one left in float is the caller's affair.
     *
     * @param node a Linear or Conv2d that {@code layer} fits
     * @param layer one whose {@link QuantizedLayer#integer()} holds
     * @param input shape of the node's input
     * @throws org.mixdq4j.core.error.MixdqException if this machine or build has no integer kernel for it
     */
    LayerBody create(Node node, QuantizedLayer layer, Shape input);

    /** How the integers of a large weight are held that floats are multiplied by. @param manager owns the arrays of the result */
    default SegmentWeight weight(Segment segment, NDManager manager) {
        return SegmentWeight.bytes(segment, manager);
    }

    /** Frees what the layers share; they are closed before. */
    @Override
    default void close() {}
}
