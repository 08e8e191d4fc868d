package org.mixdq4j.cpu.quant;

import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.tensor.Shape;

/** Makes layers that multiply integers, for one model. */
@FunctionalInterface
public interface IntegerBodies extends AutoCloseable {
    /**
     * The segments and bias of {@code layer} for all rows; to replace the one left in float is the caller's affair.
     *
     * @param node a Linear or Conv2d that {@code layer} fits
     * @param layer one whose {@link QuantizedLayer#integer()} holds
     * @param input shape of the node's input
     * @throws org.mixdq4j.core.error.MixdqException if this machine or build has no integer kernel for it
     */
    LayerBody create(Node node, QuantizedLayer layer, Shape input);

    /** Frees what the layers share; they are closed before. */
    @Override
    default void close() {}
}
