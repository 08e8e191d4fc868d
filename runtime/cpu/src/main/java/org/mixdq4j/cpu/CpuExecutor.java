package org.mixdq4j.cpu;

import ai.djl.ndarray.NDManager;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.exec.CompiledModel;
import org.mixdq4j.core.exec.Execution;
import org.mixdq4j.core.exec.Executor;
import org.mixdq4j.core.exec.Script;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.tensor.WeightSource;
import org.mixdq4j.cpu.array.Torch;
import org.mixdq4j.cpu.kernel.ParameterLoader;
import org.mixdq4j.cpu.onednn.OneDnn;
import org.mixdq4j.cpu.quant.QuantizedKernels;
import org.mixdq4j.cpu.script.TorchScript;

/** Runs graphs with PyTorch on the CPU, and layers in integers with oneDNN. */
final class CpuExecutor implements Executor {
    private final NDManager manager = Torch.newManager();
    private final List<CpuModel> models = new ArrayList<>();
    private boolean integers;

    @Override
    public String description() {
        String oneDnn = integers ? ", oneDNN " + OneDnn.get().version() : "";
        return "cpu (PyTorch " + Torch.version() + oneDnn + ", " + Torch.threads() + " threads)";
    }

    @Override
    public CompiledModel compile(
            Graph graph, WeightSource weights, Map<String, QuantizedLayer> quantized, Execution execution) {
        for (String id : quantized.keySet()) {
            if (!graph.contains(id)) {
                throw new MixdqException("There is a quantized layer '" + id + "', but " + graph.name()
                        + " has none of this name: the quantized checkpoint is of another model.");
            }
        }
        ParameterLoader loader = new ParameterLoader(graph.name(), weights);
        NDManager own = manager.newSubManager();
        QuantizedKernels quantizedKernels = new QuantizedKernels(new OneDnnBodies());
        CpuModel model = new CpuModel(graph, own, new KernelMaker(graph, loader, quantizedKernels));
        try {
            model.load(quantized, execution);
        } catch (RuntimeException | Error e) {
            model.close();
            throw e;
        }
        integers |= model.multipliesIntegers();
        models.removeIf(CpuModel::closed);
        models.add(model);
        return model;
    }

    @Override
    public Script loadScript(Path file) {
        return TorchScript.load(file, manager.newSubManager());
    }

    /** Arrays held by what was compiled and not closed. */
    int openArrays() {
        return manager.getManagedArrays().size();
    }

    @Override
    public void close() {
        models.forEach(CpuModel::close);
        models.clear();
        manager.close();
    }
}
