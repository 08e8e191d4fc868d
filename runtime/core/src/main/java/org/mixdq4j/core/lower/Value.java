package org.mixdq4j.core.lower;

import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;

/**
 * Something a program keeps in memory: dense and row-major in {@code shape}. Images are stored channels last,
 * [B, H, W, C], so that an image and the sequence of its positions [B, H*W, C] are the same bytes.
 *
 * @param id unique in its program; for the value of a graph's node that node's id
 * @param shape as stored
 */
public record Value(String id, Shape shape, DType type) {
    public long bytes() {
        return shape.elements() * type.bytes();
    }

    @Override
    public String toString() {
        return id + " " + type + shape;
    }
}
