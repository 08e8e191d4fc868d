package org.mixdq4j.torch;

import java.util.List;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.op.Attention;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.graph.op.MatMul;
import org.mixdq4j.core.tensor.Shape;

/**
 * How much work a node is, and whether it is worth dividing. To wake a sleeping thread and wait for it takes ten microseconds and more, and
 * the next node may find its data in the other core's cache: a node that one core finishes in a hundred runs sooner on
 * one. It is a property of the node alone, so that it computes the same bits in every run.
 */
final class Work {
    /** Multiplications one core does in some hundred microseconds. */
    private static final long SMALL = 1L << 23;
    /** What an element costs that is only read, computed with and written, in multiplications. */
    private static final long PER_ELEMENT = 32;

    private Work() {}

    static boolean small(Node node, List<Shape> inputs) {
        return cost(node, inputs) < SMALL;
    }

    /** Work of computing a node once, in multiplications. */
    static long cost(Node node, List<Shape> inputs) {
        long elements = node.shape().elements();
        if (node.op() instanceof Conv2d conv) {
            return elements * conv.inputs() * conv.kernelHeight() * conv.kernelWidth();
        }
        if (node.op() instanceof Linear linear) {
            return elements * linear.inputs();
        }
        if (node.op() instanceof MatMul) {
            return elements * inputs.get(0).dim(1);
        }
        if (node.op() instanceof Attention attention) {
            long scores = elements / node.shape().dim(2) * inputs.get(1).dim(1);
            return scores * (2L * node.shape().dim(2) + PER_ELEMENT * attention.heads());
        }
        return elements * PER_ELEMENT;
    }
}
