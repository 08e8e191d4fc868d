package org.mixdq4j.core.graph.op;

import java.util.List;
import org.mixdq4j.core.tensor.Shape;

/**
 * What a node computes: a closed set, so that every executor and every analysis must say what it does with each.
 * Image values are [batch, channels, height, width], token values [batch, tokens, features]; executors may hold them
 * otherwise inside. An op is a value: equal records compute the same function of inputs and parameters.
 */
public sealed interface Op
        permits Activate,
                Add,
                Attention,
                Broadcast,
                Concat,
                Conv2d,
                Embedding,
                GeGlu,
                GroupNorm,
                L2Normalize,
                LayerNorm,
                Linear,
                MatMul,
                Mul,
                Parameter,
                PoolToken,
                RelativeBias,
                Reshape,
                RmsNorm,
                Slice,
                TimestepEmbedding,
                Transpose,
                UpsampleNearest {

    /** Shape of the value computed from inputs of these shapes. @throws IllegalArgumentException if they do not fit */
    Shape outputShape(List<Shape> inputs);

    /** Learned tensors this op reads, by the suffix they carry behind the node's id in a checkpoint. */
    default List<ParameterSpec> parameters() {
        return List.of();
    }

    /** Name of the op for people: its record's name. */
    default String name() {
        return getClass().getSimpleName();
    }
}
