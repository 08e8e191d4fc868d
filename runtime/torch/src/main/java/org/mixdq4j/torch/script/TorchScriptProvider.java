package org.mixdq4j.torch.script;

import java.nio.file.Path;
import java.util.Optional;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.exec.Script;
import org.mixdq4j.core.exec.ScriptProvider;
import org.mixdq4j.torch.array.Torch;

/** Offers PyTorch for TorchScript files. */
public final class TorchScriptProvider implements ScriptProvider {
    @Override
    public Optional<String> unavailable() {
        return Torch.failure();
    }

    @Override
    public Script load(Path file) {
        unavailable().ifPresent(reason -> {
            throw new MixdqException("The TorchScript " + file + " cannot run here: " + reason);
        });
        return TorchScript.load(file, Torch.newManager());
    }
}
