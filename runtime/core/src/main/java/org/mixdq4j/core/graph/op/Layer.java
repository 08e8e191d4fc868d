package org.mixdq4j.core.graph.op;

/**
 * An op with a weight matrix whose products can be done in integers: what quantization is about. The weight is
 * [outputs, inputs] or [outputs, inputs, height, width], the optional bias [outputs].
 */
public sealed interface Layer permits Linear, Conv2d {
    /** Input features or channels. */
    int inputs();

    /** Output features or channels. */
    int outputs();

    boolean bias();

    /** Axis of the op's input value that holds its features: 1 for images, the last one for tokens. */
    int inputAxis();
}
