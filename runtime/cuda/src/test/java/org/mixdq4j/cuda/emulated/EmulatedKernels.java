package org.mixdq4j.cuda.emulated;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** Tests that compile kernels' own source for the CPU: left out where there is no compiler. */
public abstract class EmulatedKernels {
    /** For what is compiled. */
    @TempDir
    protected static Path folder;

    protected static EmulatedDevice device;

    @BeforeAll
    static void open() {
        assumeTrue(EmulatedDevice.available(), "there is no g++ to compile kernels with");
        device = new EmulatedDevice(folder);
    }

    @AfterAll
    static void close() {
        if (device != null) {
            device.close();
            device = null;
        }
    }
}
