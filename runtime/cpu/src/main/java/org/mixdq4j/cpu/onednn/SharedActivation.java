package org.mixdq4j.cpu.onednn;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.Supplier;
import org.mixdq4j.core.tensor.Shape;

/**
 * The integers of one value of a graph for all layers that read it alike, such as the queries, keys and values of an
 * attention: quantized by the first of them and read by the others. Layers that run one right after the other find the
 * integers in the workspace; where other layers come in between they are kept in memory of their own.
 */
public final class SharedActivation implements AutoCloseable {
    private final Shape shape;
    private final List<QuantizedActivation.Part> parts;
    private final Workspace workspace;
    private final Workspace.Block own = new Workspace.Block();
    private boolean keep;
    private ActivationQuantizer quantizer;
    private Object held;
    private QuantizedActivation integers;

    /** @param workspace shared with the layers */
    public SharedActivation(Shape shape, List<QuantizedActivation.Part> parts, Workspace workspace) {
        this.shape = shape;
        this.parts = parts;
        this.workspace = workspace;
    }

    /** Says, before the first use, that layers with other inputs run between those that read this. */
    public void keepBetweenLayers() {
        keep = true;
    }

    /**
     * The integers of {@code value}.
     *
     * @param value stands for the elements: the same object as last time means the same elements
     * @param elements as {@link ActivationQuantizer#quantize} wants them; asked for only if the integers are not there
     */
    public QuantizedActivation of(Object value, Supplier<ByteBuffer> elements) {
        if (quantizer == null) {
            quantizer = new ActivationQuantizer(shape, parts, keep ? own : workspace.levels(), workspace);
        }
        if (value != held || !quantizer.holdsLast()) {
            held = null;
            integers = quantizer.quantize(elements.get());
            held = value;
        }
        return integers;
    }

    @Override
    public void close() {
        if (quantizer != null) {
            quantizer.close();
        }
        own.close();
    }
}
