package org.mixdq4j.core.graph;

import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;

/** A value the caller supplies: F32, or I64 for token ids. */
public record GraphInput(String name, DType dtype, Shape shape) {}
