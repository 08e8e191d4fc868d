package org.mixdq4j.core.lower.weights;

import java.util.ArrayList;
import java.util.List;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.graph.op.Layer;
import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.quant.IntegerLayers;
import org.mixdq4j.core.quant.LayerForm;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.Rotation;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.quant.TokenParams;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;

/** Whether a quantized layer fits the node it is for. */
public final class LayerCheck {
    private LayerCheck() {}

    /** @throws MixdqException saying what does not fit */
    public static void check(Node node, QuantizedLayer quantized, Shape input) {
        check(node, LayerForm.of(quantized), input);
        Layer layer = node.layer();
        for (Segment segment : quantized.segments()) {
            checkWeight(node, segment);
        }
        expect(node, quantized.bias().isPresent() || !layer.bias(), "has no bias where one is needed");
        expect(node, layer.bias() || quantized.bias().isEmpty(), "has a bias where there is none");
        quantized
                .bias()
                .ifPresent(bias -> expect(
                        node, bias.shape().equals(Shape.of(layer.outputs())), "has a bias of shape " + bias.shape()));
        if (quantized.integer()) {
            int taps = node.op() instanceof Conv2d conv ? conv.kernelHeight() * conv.kernelWidth() : 1;
            IntegerLayers.check(quantized.segments(), layer.inputs(), taps);
        }
    }

    /** The same of all but its weights. */
    public static void check(Node node, LayerForm form, Shape input) {
        if (!node.isLayer()) {
            throw new IllegalArgumentException(
                    "node '" + node.id() + "' is a " + node.op().name() + ", not a layer");
        }
        Layer layer = node.layer();
        int next = 0;
        for (LayerForm.Part part : form.segments()) {
            expect(node, part.from() == next && part.to() > next, "has segments that do not follow each other");
            next = part.to();
        }
        expect(node, next == layer.inputs(), "covers " + next + " of " + layer.inputs() + " input channels");
        boolean rows = layer instanceof Linear;
        expect(
                node,
                rows || form.segments().stream().noneMatch(LayerCheck::perToken),
                "is a " + node.op().name() + " whose input is quantized token by token, as only a Linear's can be");
        form.factors()
                .ifPresent(factors -> expect(
                        node,
                        rows && factors.length == layer.inputs(),
                        "has " + factors.length + " factors of its input channels"));
        expect(
                node,
                rows || form.rotation() == Rotation.NONE,
                "is a " + node.op().name() + " whose input is rotated, as only a Linear's can be");
        if (form.bos()) {
            expect(
                    node,
                    layer instanceof Linear && input.rank() == 3,
                    "leaves a token's row in float, but its input of shape " + input + " has no token axis");
        }
    }

    private static boolean perToken(LayerForm.Part part) {
        return part.input().filter(TokenParams.class::isInstance).isPresent();
    }

    private static void checkWeight(Node node, Segment segment) {
        List<Integer> expected = new ArrayList<>(List.of(node.layer().outputs(), segment.to() - segment.from()));
        if (node.op() instanceof Conv2d conv) {
            expected.addAll(List.of(conv.kernelHeight(), conv.kernelWidth()));
        }
        Shape shape = Shape.of(expected.stream().mapToInt(Integer::intValue).toArray());
        expect(
                node,
                segment.weight().shape().equals(shape),
                "has a weight of shape " + segment.weight().shape() + " where " + shape + " is needed");
        if (segment.integerWeight()) {
            expect(node, segment.weight().dtype() == DType.I8, "has scales, yet a weight that is not I8");
            expect(
                    node,
                    segment.weightScale().length == node.layer().outputs(),
                    "has " + segment.weightScale().length + " weight scales for "
                            + node.layer().outputs() + " output channels");
            checkScales(node, segment.weightScale());
        }
    }

    /** By itself: what loops over a million scales is compiled, and sentences for what is wrong take long to. */
    private static void checkScales(Node node, float[] scales) {
        for (float scale : scales) {
            if (!(scale >= 0 && Float.isFinite(scale))) {
                expect(node, false, "has the weight scale " + scale);
            }
        }
    }

    private static void expect(Node node, boolean holds, String what) {
        if (!holds) {
            throw new MixdqException("The quantized layer '" + node.id() + "' " + what
                    + "; the quantized checkpoint is damaged or of another model: make it again from this one.");
        }
    }
}
