package org.mixdq4j.cuda.program;

import java.util.ArrayList;
import java.util.List;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.exec.Arithmetic;
import org.mixdq4j.core.exec.Executor;
import org.mixdq4j.core.exec.FloatType;
import org.mixdq4j.core.exec.Loaded;
import org.mixdq4j.core.exec.Numerics;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.tensor.WeightSource;
import org.mixdq4j.cuda.bind.Family;
import org.mixdq4j.cuda.device.Device;

/** Runs lowered graphs on one device, quantized layers in integers. */
public final class CudaExecutor implements Executor {
    private final Device device;
    private final List<Family> families;
    private final List<CudaWeights> loaded = new ArrayList<>();

    /** @param device closed with this */
    public CudaExecutor(Device device) {
        this(device, Families.all(device));
    }

    CudaExecutor(Device device, List<Family> families) {
        this.device = device;
        this.families = List.copyOf(families);
    }

    @Override
    public String description() {
        return "cuda (" + device.info().name() + ", " + device.info().architecture(false) + ")";
    }

    @Override
    public FloatType floats() {
        return FloatType.F16;
    }

    @Override
    public FloatType wideFloats() {
        return FloatType.BF16;
    }

    @Override
    public Loaded load(WeightSource weights, QuantizedLayers quantized, Numerics numerics) {
        if (numerics.arithmetic() != Arithmetic.INTEGER && !quantized.ids().isEmpty()) {
            throw new MixdqException("The executor 'cuda' multiplies integers and does not simulate them; pass --device"
                    + " torch for a simulation.");
        }
        CudaWeights made = new CudaWeights(device, families, weights, quantized, numerics.floats());
        loaded.add(made);
        return made;
    }

    @Override
    public void close() {
        loaded.forEach(CudaWeights::close);
        loaded.clear();
        device.close();
    }
}
