package org.mixdq4j.conformance.support;

import java.util.LinkedHashMap;
import java.util.Map;
import org.mixdq4j.core.exec.Observer;
import org.mixdq4j.core.quant.AffineParams;
import org.mixdq4j.core.tensor.Tensor;

/** Ranges, in 8 bits, of all values of a network in the runs that this watches. */
public final class Ranges implements Observer {
    private static final int BITS = 8;

    private final Map<String, AffineParams> found = new LinkedHashMap<>();

    /** Of a value as the last run had it. */
    public AffineParams get(String id) {
        return found.get(id);
    }

    @Override
    public boolean watches(String id) {
        return true;
    }

    @Override
    public void observe(String id, Tensor value) {
        float low = 0;
        float high = 0;
        for (float x : value.toFloatArray()) {
            low = Math.min(low, x);
            high = Math.max(high, x);
        }
        found.put(id, AffineParams.ofRange(low, high, BITS));
    }
}
