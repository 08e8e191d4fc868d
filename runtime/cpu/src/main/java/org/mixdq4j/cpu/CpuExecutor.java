package org.mixdq4j.cpu;

import java.util.List;
import org.mixdq4j.core.exec.Arithmetic;
import org.mixdq4j.core.exec.Executor;
import org.mixdq4j.core.exec.Loaded;
import org.mixdq4j.core.exec.Numerics;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.tensor.WeightSource;
import org.mixdq4j.cpu.layerwise.LayerwiseExecutor;
import org.mixdq4j.cpu.program.ProgramExecutor;

/**
 * The CPU. Networks with layers that multiply integers run as lowered programs; those whose layers all read floats (text
 * encoders, autoencoders, whatever is not quantized) run node by node on PyTorch, so that a network cut into parts gives
 * the bits it gives in one piece.
 */
final class CpuExecutor implements Executor {
    private LayerwiseExecutor layerwise;
    private ProgramExecutor programs;

    @Override
    public String description() {
        return programs().description();
    }

    @Override
    public Loaded load(WeightSource weights, QuantizedLayers quantized, Numerics numerics) {
        boolean integers = numerics.arithmetic() == Arithmetic.INTEGER
                && quantized.ids().stream().anyMatch(id -> quantized.get(id).integer());
        return (integers ? programs() : layerwise()).load(weights, quantized, numerics);
    }

    @Override
    public List<String> remarks() {
        return programs == null ? List.of() : programs.remarks();
    }

    private LayerwiseExecutor layerwise() {
        if (layerwise == null) {
            layerwise = new LayerwiseExecutor();
        }
        return layerwise;
    }

    private ProgramExecutor programs() {
        if (programs == null) {
            programs = new ProgramExecutor();
        }
        return programs;
    }

    @Override
    public void close() {
        if (layerwise != null) {
            layerwise.close();
        }
        if (programs != null) {
            programs.close();
        }
    }
}
