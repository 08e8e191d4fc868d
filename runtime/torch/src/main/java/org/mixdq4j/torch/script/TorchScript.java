package org.mixdq4j.torch.script;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.JniUtils;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.exec.Script;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.torch.array.TensorBridge;

/** A module that {@code torch.jit.save} wrote. */
public final class TorchScript implements Script {
    private final Path file;
    private final NDManager manager;
    private final PtSymbolBlock module;

    private TorchScript(Path file, NDManager manager, PtSymbolBlock module) {
        this.file = file;
        this.manager = manager;
        this.module = module;
    }

    /**
     * Loads a file.
     *
     * @param manager owned by the result from now on
     * @throws MixdqException if there is no such file, or PyTorch refuses it
     */
    public static TorchScript load(Path file, NDManager manager) {
        try {
            if (!Files.isRegularFile(file)) {
                throw new MixdqException(
                        "There is no file " + file + "; pass a TorchScript file, as torch.jit.save writes it.");
            }
            PtSymbolBlock module;
            try {
                module = JniUtils.loadModule(
                        (PtNDManager) manager, file.toAbsolutePath(), false, new String[0], new String[0], false);
            } catch (EngineException e) {
                throw new MixdqException(
                        "The file " + file + " is no TorchScript that PyTorch can load (" + firstLine(e)
                                + "): it is damaged or holds weights only; write it with torch.jit.script(...).save.",
                        e);
            }
            JniUtils.enableInferenceMode(module);
            return new TorchScript(file, manager, module);
        } catch (RuntimeException | Error e) {
            manager.close();
            throw e;
        }
    }

    @Override
    public Tensor run(List<Tensor> inputs) {
        try (NDManager memory = manager.newSubManager()) {
            List<IValue> arguments = new ArrayList<>();
            try {
                for (Tensor input : inputs) {
                    arguments.add(IValue.from((PtNDArray) TensorBridge.copy(input, memory)));
                }
                return call(arguments, memory, inputs);
            } finally {
                arguments.forEach(IValue::close);
            }
        }
    }

    private Tensor call(List<IValue> arguments, NDManager memory, List<Tensor> inputs) {
        try (IValue result = module.forward(arguments.toArray(IValue[]::new))) {
            if (!result.isTensor()) {
                throw new MixdqException("The TorchScript " + file + " called with " + inputs
                        + " returned something else than one tensor; wrap it in a module that returns the one wanted.");
            }
            try (NDArray tensor = result.toTensor((PtNDManager) memory)) {
                return TensorBridge.export(tensor);
            }
        } catch (EngineException e) {
            throw new MixdqException(
                    "The TorchScript " + file + " does not take " + inputs + " (" + lastLine(e)
                            + "); wrap it in a module whose forward does.",
                    e);
        }
    }

    private static String firstLine(EngineException e) {
        return lines(e).get(0);
    }

    /** PyTorch prints the stack of the script first and what is wrong last. */
    private static String lastLine(EngineException e) {
        List<String> lines = lines(e);
        return lines.get(lines.size() - 1);
    }

    private static List<String> lines(EngineException e) {
        List<String> lines = String.valueOf(e.getMessage())
                .lines()
                .map(String::strip)
                .filter(line -> !line.isEmpty())
                .toList();
        return lines.isEmpty() ? List.of("no reason given") : lines;
    }

    @Override
    public void close() {
        module.close();
        manager.close();
    }
}
