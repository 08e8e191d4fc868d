package org.mixdq4j.conformance;

import java.util.ArrayList;
import java.util.List;

/** All there are. */
public final class Cases {
    private Cases() {}

    /** Each op alone, in float. */
    public static List<Case> ops() {
        List<Case> cases = new ArrayList<>(FloatCases.all());
        cases.addAll(MoveCases.all());
        return cases;
    }

    /** Each form of a quantized layer, alone. */
    public static List<Case> quantizedLayers() {
        return QuantizedCases.all();
    }

    /** Blocks of networks, in float and quantized. */
    public static List<Case> networks() {
        return NetworkCases.all();
    }
}
