package org.mixdq4j.core.graph.op;

import org.mixdq4j.core.tensor.Shape;

/** A learned tensor of a node: {@code suffix} such as "weight" (empty if the node's id is the whole name). */
public record ParameterSpec(String suffix, Shape shape) {}
