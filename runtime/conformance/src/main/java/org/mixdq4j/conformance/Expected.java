package org.mixdq4j.conformance;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.lower.Lowering;
import org.mixdq4j.core.lower.Program;
import org.mixdq4j.core.lower.Targets;
import org.mixdq4j.core.lower.interpret.Interpreter;
import org.mixdq4j.core.quant.IntegerLayers;
import org.mixdq4j.core.quant.LayerForm;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.ReferenceConv2d;
import org.mixdq4j.core.quant.ReferenceLinear;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/** What plain Java says. */
final class Expected {
    private Expected() {}

    /** Outputs by name: the graph step by step, nothing fused, sums in double, each value rounded once. */
    static Map<String, Tensor> of(Case test) {
        Function<String, QuantizedLayer> layers =
                id -> test.layers().ids().contains(id) ? test.layers().get(id) : null;
        Program program = Lowering.lower(
                test.graph(), id -> Optional.ofNullable(layers.apply(id)).map(LayerForm::of), Set.of(), Targets.NONE);
        return Interpreter.run(program, test.weights(), layers, test.inputs());
    }

    /**
     * Of one layer in integers: how far each element may be off without a sum being wrong. Rows left in float are NaN.
     *
     * @param test of one node
     */
    static double[] tolerances(Case test) {
        Node node = test.graph().node(OneNode.ID);
        QuantizedLayer layer = test.layers().get(OneNode.ID);
        Tensor x = test.inputs().get("in0");
        Shape out = node.shape();
        int outputs = node.layer().outputs();
        boolean conv = node.op() instanceof Conv2d;
        int plane = conv ? out.dim(2) * out.dim(3) : 1;
        int rows = conv ? 0 : (int) x.shape().elements() / node.layer().inputs();
        float[] input = layer.readsAsIs() ? x.toFloatArray() : layer.read(x.toFloatArray());
        double[] units = new double[(int) out.elements()];
        double[] magnitudes = new double[units.length];
        for (Segment segment : layer.segments()) {
            int[] sums = conv
                    ? ReferenceConv2d.accumulate(
                            (Conv2d) node.op(), segment, ReferenceConv2d.levels(segment, input, x.shape()), x.shape())
                    : ReferenceLinear.accumulate(segment, ReferenceLinear.levels(segment, input, rows), rows);
            float[] rowScales = conv ? null : ReferenceLinear.rowScales(segment, input, rows);
            for (int i = 0; i < units.length; i++) {
                double unit = IntegerLayers.outputScale(segment, i / plane % outputs)
                        * (rowScales == null ? 1.0 : rowScales[i / outputs]);
                units[i] = units[i] == 0 ? unit : Math.min(units[i], unit == 0 ? units[i] : unit);
                magnitudes[i] += Math.abs(sums[i] * unit);
            }
        }
        float[] bias = layer.bias().map(Tensor::toFloatArray).orElse(new float[outputs]);
        double[] tolerances = new double[units.length];
        for (int i = 0; i < units.length; i++) {
            double added = Math.abs(bias[i / plane % outputs]);
            tolerances[i] = units[i] / 4 + (magnitudes[i] + added) * 0x1p-22;
            boolean inFloat = layer.bos() && i / outputs % x.shape().dim(1) == 0;
            tolerances[i] = inFloat ? Double.NaN : tolerances[i];
        }
        return tolerances;
    }
}
