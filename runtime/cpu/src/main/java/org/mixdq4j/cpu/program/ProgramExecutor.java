package org.mixdq4j.cpu.program;

import java.util.ArrayList;
import java.util.List;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.exec.Arithmetic;
import org.mixdq4j.core.exec.Executor;
import org.mixdq4j.core.exec.Loaded;
import org.mixdq4j.core.exec.Numerics;
import org.mixdq4j.core.lower.Target;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.tensor.WeightSource;
import org.mixdq4j.cpu.onednn.OneDnn;
import org.mixdq4j.cpu.onednn.OpenMp;
import org.mixdq4j.cpu.packed.RowTiling;
import org.mixdq4j.cpu.session.Workers;
import org.mixdq4j.cpu.vector.VectorTasks;

/** Runs lowered graphs with oneDNN's products and steps in Java, quantized layers in integers. */
public final class ProgramExecutor implements Executor {
    private final int threads = OpenMp.all();
    private final Workers workers = new Workers(threads);
    private final List<ProgramWeights> loaded = new ArrayList<>();

    /** What its steps can do. */
    public static Target target() {
        return CpuTarget.TARGET;
    }

    @Override
    public String description() {
        return "cpu (oneDNN " + OneDnn.get().version() + ", " + OneDnn.get().isa() + ", " + threads + " threads)";
    }

    @Override
    public List<String> remarks() {
        List<String> slow = loaded.stream()
                .flatMap(weights -> weights.layers().slow().stream())
                .toList();
        return slow.isEmpty()
                ? List.of()
                : List.of("oneDNN has no fast integer kernel for " + slow.size() + " layers, such as " + slow.get(0)
                        + ": they are exact but slow on this processor.");
    }

    @Override
    public Loaded load(WeightSource weights, QuantizedLayers quantized, Numerics numerics) {
        if (numerics.arithmetic() != Arithmetic.INTEGER && !quantized.ids().isEmpty()) {
            throw new MixdqException("The executor 'cpu' multiplies integers and does not simulate them; pass --device"
                    + " torch for a simulation.");
        }
        VectorTasks.warmUp(RowTiling::warmUp);
        ProgramWeights made = new ProgramWeights(weights, quantized, workers);
        // What was closed would hold on to its mapped files.
        loaded.removeIf(ProgramWeights::closed);
        loaded.add(made);
        return made;
    }

    @Override
    public void close() {
        loaded.forEach(ProgramWeights::close);
        loaded.clear();
        workers.close();
    }
}
