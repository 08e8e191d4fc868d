package org.mixdq4j.cpu.layer;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mixdq4j.core.exec.Network;
import org.mixdq4j.core.exec.Numerics;
import org.mixdq4j.core.graph.GraphBuilder;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.graph.op.Op;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.quant.Rotation;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;
import org.mixdq4j.cpu.program.ProgramExecutor;

/** A network that is one quantized layer. */
final class OneLayer implements AutoCloseable {
    private final ProgramExecutor executor = new ProgramExecutor();
    private final Network network;
    private final Shape input;

    private OneLayer(
            Op op, Shape input, List<Segment> segments, Optional<float[]> factors, int rotation, float[] bias) {
        this(op, input, segments, factors, rotation, bias, false);
    }

    private OneLayer(
            Op op,
            Shape input,
            List<Segment> segments,
            Optional<float[]> factors,
            int rotation,
            float[] bias,
            boolean firstRow) {
        this.input = input;
        GraphBuilder graph = new GraphBuilder("Layer");
        graph.output("y", graph.add("layer", op, graph.input("x", DType.F32, input)));
        QuantizedLayer layer = new QuantizedLayer(
                segments,
                Optional.ofNullable(bias).map(values -> Tensor.of(Shape.of(values.length), values)),
                firstRow,
                factors,
                rotation);
        network = executor.compile(
                graph.build(), WeightSource.of(Map.of()), QuantizedLayers.of(Map.of("layer", layer)), Numerics.INTEGER);
    }

    /** @param bias may be null */
    static OneLayer linear(List<Segment> segments, Optional<float[]> factors, float[] bias, int rows) {
        return linear(segments, factors, Rotation.NONE, bias, rows);
    }

    /** @param bias may be null */
    static OneLayer linear(List<Segment> segments, Optional<float[]> factors, int rotation, float[] bias, int rows) {
        int inputs = segments.get(segments.size() - 1).to();
        int outputs = segments.get(0).weightScale().length;
        return new OneLayer(
                new Linear(inputs, outputs, bias != null),
                Shape.of(1, rows, inputs),
                segments,
                factors,
                rotation,
                bias);
    }

    /** With the first of the rows of each of {@code samples} in float. */
    static OneLayer firstRowInFloat(List<Segment> segments, float[] factors, float[] bias, int samples, int rows) {
        int inputs = segments.get(segments.size() - 1).to();
        return new OneLayer(
                new Linear(inputs, bias.length, true),
                Shape.of(samples, rows, inputs),
                segments,
                Optional.of(factors),
                Rotation.NONE,
                bias,
                true);
    }

    /** @param op whether it has a bias does not count. @param bias may be null */
    static OneLayer conv(Conv2d op, List<Segment> segments, float[] bias, Shape input) {
        Conv2d used = new Conv2d(
                op.inputs(),
                op.outputs(),
                op.kernelHeight(),
                op.kernelWidth(),
                op.stride(),
                op.padding(),
                bias != null);
        return new OneLayer(used, input, segments, Optional.empty(), Rotation.NONE, bias);
    }

    float[] run(float[] values) {
        return network.run(Map.of("x", Tensor.of(input, values))).get("y").toFloatArray();
    }

    /** Whether oneDNN has only its reference loops for it. */
    boolean slow() {
        return !executor.remarks().isEmpty();
    }

    long weightBytes() {
        return network.weightBytes();
    }

    @Override
    public void close() {
        network.close();
        executor.close();
    }
}
