package org.mixdq4j.core.quant;

/** How the values a layer reads become unsigned integers of {@link #bits} bits. */
public sealed interface InputQuant permits AffineParams, TokenParams {
    int bits();

    /** The largest integer. */
    default int maxLevel() {
        return (1 << bits()) - 1;
    }
}
