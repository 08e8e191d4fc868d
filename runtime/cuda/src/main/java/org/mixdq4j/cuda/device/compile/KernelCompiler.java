package org.mixdq4j.cuda.device.compile;

import java.util.List;

/** Makes binaries of CUDA C++. Many threads may ask at once. */
public interface KernelCompiler {
    /** Tells its binaries from those of other versions. */
    String version();

    /**
     * @return a cubin
     * @throws org.mixdq4j.core.error.MixdqException with the compiler's words if it does not compile
     */
    byte[] compile(KernelSource source, List<String> options);
}
