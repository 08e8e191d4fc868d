package org.mixdq4j.core.lower.interpret;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.interpret.Weights.Integers;
import org.mixdq4j.core.lower.step.Product;
import org.mixdq4j.core.quant.IntegerLayers;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.tensor.Shape;

/** Linear layers and convolutions. */
record Products(Memory memory, Writing writing, Weights weights) {
    void run(Product step) {
        Shape in = step.inputs().get(0).from().shape();
        Shape out = step.op() instanceof Conv2d conv
                ? imageShape(conv, in)
                : in.with(-1, step.op().outputs());
        float[] result = new float[Math.toIntExact(out.elements())];
        int column = 0;
        for (String layer : step.layers()) {
            column += step.integer() ? integer(step, layer, in, column, result) : inFloat(step, layer, column, result);
        }
        if (column != step.op().outputs()) {
            throw new IllegalStateException(step.id() + " has layers of " + column + " outputs");
        }
        step.firstRow().ifPresent(row -> replaceFirst(step, row, result, out));
        writing.finish(new Rows(result, out), step.then(), step.outputs());
    }

    private static Shape imageShape(Conv2d op, Shape in) {
        // The rule reads inputs of all segments together.
        Shape first = Shape.of(in.dim(0), op.inputs(), in.dim(1), in.dim(2));
        Shape out = op.outputShape(List.of(first));
        return Shape.of(out.dim(0), out.dim(2), out.dim(3), op.outputs());
    }

    /** @return outputs of the layer */
    private int integer(Product step, String id, Shape in, int column, float[] result) {
        List<Integers> segments = weights.integers(id);
        float[] bias = weights.bias(step, id);
        int outputs = segments.get(0).segment().weightScale().length;
        for (int i = 0; i < segments.size(); i++) {
            Product.Levels input = (Product.Levels) step.inputs().get(i);
            long[] levels = memory.integers(input.from());
            int zeroPoint = segments.get(i).segment().zeroPoint();
            int[] centered = new int[levels.length];
            Arrays.setAll(centered, at -> (int) levels[at] - zeroPoint);
            float[] rowScales = input.rowScales().map(memory::floats).orElse(null);
            Patches patches = Patches.of(step.op(), in.with(-1, input.from().columns()));
            byte[] weight = segments.get(i).values();
            int width = patches.width();
            boolean first = i == 0;
            Integers segment = segments.get(i);
            IntStream.range(0, patches.count()).parallel().forEach(row -> {
                int[] patch = patches.gather(centered, row);
                for (int output = 0; output < outputs; output++) {
                    int sum = 0;
                    for (int at = 0; at < width; at++) {
                        sum += patch[at] * weight[output * width + at];
                    }
                    float term = sum * IntegerLayers.outputScale(segment.segment(), output);
                    if (rowScales != null) {
                        term *= rowScales[row];
                    }
                    int target = row * step.op().outputs() + column + output;
                    result[target] = first ? (bias == null ? term : term + bias[output]) : result[target] + term;
                }
            });
        }
        return outputs;
    }

    /** @return outputs of the layer */
    private int inFloat(Product step, String id, int column, float[] result) {
        List<View> views = step.inputs().stream().map(Product.Operand::from).toList();
        return multiply(step, id, writing.joined(views), column, result);
    }

    private int multiply(Product step, String id, Rows input, int column, float[] result) {
        QuantizedLayer layer = weights.layer(id);
        float[] x = layer == null || layer.readsAsIs() ? input.values() : layer.read(input.values());
        float[] weight = weights.floats(id);
        Patches patches = Patches.of(step.op(), input.shape());
        float[] bias = weights.bias(step, id);
        int width = patches.width();
        int outputs = weight.length / width;
        IntStream.range(0, patches.count()).parallel().forEach(row -> {
            float[] patch = patches.gather(x, row);
            for (int output = 0; output < outputs; output++) {
                double sum = bias == null ? 0 : bias[output];
                for (int at = 0; at < width; at++) {
                    sum += (double) patch[at] * weight[output * width + at];
                }
                result[row * step.op().outputs() + column + output] = (float) sum;
            }
        });
        return outputs;
    }

    /** The row of each sample's first token, by dequantized weights. */
    private void replaceFirst(Product step, View row, float[] result, Shape out) {
        Rows input = new Rows(memory.floats(row), row.shape());
        int columns = step.op().outputs();
        float[] rows = new float[input.count() * columns];
        int column = 0;
        for (String layer : step.layers()) {
            column += multiply(step, layer, input, column, rows);
        }
        for (int sample = 0; sample < input.count(); sample++) {
            System.arraycopy(rows, sample * columns, result, sample * out.dim(1) * columns, columns);
        }
    }
}
