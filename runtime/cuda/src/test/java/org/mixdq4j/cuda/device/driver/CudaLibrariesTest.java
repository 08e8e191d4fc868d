package org.mixdq4j.cuda.device.driver;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CudaLibrariesTest {
    @TempDir
    Path folder;

    private Path with(String name, String... files) throws IOException {
        Path made = Files.createDirectories(folder.resolve(name));
        for (String file : files) {
            Files.createFile(made.resolve(file));
        }
        return made;
    }

    @Test
    void takesTheFirstOfEachAndTheCompilerWithItsOwnBuiltins() throws IOException {
        Path driver = with("driver", "libcuda.so.1", "libcuda.so.580.1", "libnvrtc.so.13");
        Path old = with("old", "libcudart.so.12", "libnvrtc.so.12", "libnvrtc-builtins.so.12.8");
        Path pip = with("pip", "libcudart.so.13", "libnvrtc.so.13", "libnvrtc-builtins.so.13.0", "libnvrtc.alt.so.13");
        Path later = with("later", "libcuda.so.1", "libnvrtc.so.13", "libnvrtc-builtins.so.13.1");
        CudaLibraries found = CudaLibraries.search(List.of(folder.resolve("none"), driver, old, pip, later));
        assertThat(found.missing()).isEmpty();
        assertThat(found.found())
                .containsEntry("libcuda.so.1", driver.resolve("libcuda.so.1"))
                .containsEntry("libcudart.so.13", pip.resolve("libcudart.so.13"))
                .containsEntry("libnvrtc.so.13", pip.resolve("libnvrtc.so.13"))
                .containsEntry("libnvrtc-builtins.so.13", pip.resolve("libnvrtc-builtins.so.13.0"));
    }

    @Test
    void saysWhatIsMissing() throws IOException {
        Path driver = with("driver", "libcuda.so.1");
        assertThat(CudaLibraries.search(List.of()).missing().orElseThrow()).contains("no NVIDIA driver");
        assertThat(CudaLibraries.search(List.of(driver)).missing().orElseThrow())
                .contains("libnvrtc.so.13", "pip install", CudaLibraries.VARIABLE);
    }

    @Test
    void searchesWhatTheEnvironmentNamesFirst() {
        assertThat(CudaLibraries.folders(Map.of(
                        "LD_LIBRARY_PATH", "/b:/c", CudaLibraries.VARIABLE, "/a", "CUDA_HOME", "/d", "HOME", "/none")))
                .startsWith(Path.of("/a"), Path.of("/b"), Path.of("/c"), Path.of("/d/lib64"));
    }
}
