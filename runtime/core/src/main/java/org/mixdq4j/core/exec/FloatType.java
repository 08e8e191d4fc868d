package org.mixdq4j.core.exec;

/** The floating point type values have between layers, at the least: sums and norms may be wider. */
public enum FloatType {
    F32,
    BF16,
    F16
}
