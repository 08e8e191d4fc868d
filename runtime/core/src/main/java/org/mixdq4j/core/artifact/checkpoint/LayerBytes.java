package org.mixdq4j.core.artifact.checkpoint;

import java.util.List;
import java.util.stream.Stream;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.op.ParameterSpec;
import org.mixdq4j.core.quant.LayerQuant;
import org.mixdq4j.core.quant.WeightPacking;
import org.mixdq4j.core.quant.WeightQuant;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.WeightSource;

/** Bytes the tensors of a layer take in a quantized checkpoint, from its form alone: what a plan costs before it is made. */
public final class LayerBytes {
    private static final int SCALE_BYTES = 4;
    private static final int ZERO_POINT_BYTES = 4;
    private static final int DIMENSION_BYTES = 8;

    private LayerBytes() {}

    /** @param source the float model, for the types of what stays in float */
    public static long of(Node layer, LayerQuant quant, WeightSource source) {
        int segments = quant.split().size() + 1;
        long bytes = layer.layer().bias() ? bytes(source, layer.id() + CheckpointFormat.BIAS) : 0;
        if (quant.balanced()) {
            bytes += (long) SCALE_BYTES * layer.layer().inputs();
        }
        if (quant.activation().isPresent() && !quant.dynamic()) {
            bytes += (long) segments * (SCALE_BYTES + ZERO_POINT_BYTES);
        }
        String weight = layer.id() + CheckpointFormat.WEIGHT;
        if (quant.weight().isEmpty()) {
            return bytes + bytes(source, weight);
        }
        long scales = (long) segments * layer.layer().outputs() * SCALE_BYTES;
        return bytes
                + scales
                + codes(source.shape(weight), quant, quant.weight().get());
    }

    /** The node's parameters as the float model has them. */
    public static long inFloat(Node node, WeightSource source) {
        Stream<ParameterSpec> parameters = node.op().parameters().stream();
        return parameters
                .mapToLong(spec -> bytes(source, node.parameterName(spec)))
                .sum();
    }

    private static long codes(Shape shape, LayerQuant quant, WeightQuant weight) {
        if (weight.bits() == 8) {
            return shape.elements();
        }
        int outputs = shape.dim(0);
        int width = Math.toIntExact(shape.elements() / outputs);
        long bytes =
                (long) outputs * WeightPacking.rowBytes(width, weight.bits()) + (long) DIMENSION_BYTES * shape.rank();
        if (weight.group() > 0) {
            int taps = width / shape.dim(1);
            List<Integer> edges = quant.edges(shape.dim(1));
            int groups = 0;
            for (int i = 0; i + 1 < edges.size(); i++) {
                int part = (edges.get(i + 1) - edges.get(i)) * taps;
                groups += (part + weight.group() - 1) / weight.group();
            }
            bytes += (long) outputs * WeightPacking.rowBytes(groups, 8 - weight.bits());
        }
        return bytes;
    }

    private static long bytes(WeightSource source, String name) {
        return source.shape(name).elements() * source.dtype(name).bytes();
    }
}
