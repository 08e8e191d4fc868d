package org.mixdq4j.core.exec;

import java.nio.file.Path;
import java.util.ServiceLoader;
import org.mixdq4j.core.error.MixdqException;

/** TorchScript files, by whoever on the class path runs them. */
public final class Scripts {
    private Scripts() {}

    /** @throws MixdqException if the file is missing or no TorchScript, or nothing here runs it */
    public static Script load(Path file) {
        String reason = "PyTorch is not on the class path";
        for (ScriptProvider provider : ServiceLoader.load(ScriptProvider.class)) {
            if (provider.unavailable().isEmpty()) {
                return provider.load(file);
            }
            reason = provider.unavailable().get();
        }
        throw new MixdqException("The file " + file + " is TorchScript, which nothing here runs: " + reason);
    }
}
