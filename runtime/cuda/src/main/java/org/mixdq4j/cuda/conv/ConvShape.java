package org.mixdq4j.cuda.conv;

import java.util.List;

/**
 * What a convolution's tile is chosen by.
 *
 * @param bytes of a pixel that are multiplied, by segment
 * @param elements 0 for bytes, else the type of halves in macros
 * @param each columns a thread finishes at once
 */
record ConvShape(
        int batch,
        int outHeight,
        int outWidth,
        int outputs,
        int kernel,
        int stride,
        List<Integer> bytes,
        int elements,
        int each) {
    ConvShape {
        bytes = List.copyOf(bytes);
    }

    int taps() {
        return kernel * kernel;
    }

    int elementBytes() {
        return elements == 0 ? 1 : 2;
    }

    /** Bytes of all segments. */
    int allBytes() {
        return bytes.stream().mapToInt(Integer::intValue).sum();
    }

    long pixels() {
        return (long) batch * outHeight * outWidth;
    }

    /** Multiplications and additions. */
    double operations() {
        return 2.0 * pixels() * outputs * taps() * (allBytes() / elementBytes());
    }

    /** One sample of it. */
    ConvShape one() {
        return new ConvShape(1, outHeight, outWidth, outputs, kernel, stride, bytes, elements, each);
    }
}
