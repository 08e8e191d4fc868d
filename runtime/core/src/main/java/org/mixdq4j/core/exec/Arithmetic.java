package org.mixdq4j.core.exec;

/** How a layer with integer weights and inputs is computed. Layers with a float weight or input are not concerned. */
public enum Arithmetic {
    /** Integer products with 32-bit sums. */
    INTEGER("int8"),
    /** The same integers as whole floats, multiplied in float: slow, and exact as long as sums are below 2^24. */
    SIMULATED("simulated");

    private final String word;

    Arithmetic(String word) {
        this.word = word;
    }

    /** As people write it and artefacts record it. */
    public String word() {
        return word;
    }
}
