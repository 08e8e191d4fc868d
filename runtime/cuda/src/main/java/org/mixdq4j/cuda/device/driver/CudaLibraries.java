package org.mixdq4j.cuda.device.driver;

import java.io.File;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.mixdq4j.core.error.MixdqException;

/**
 * Where the driver's and CUDA 13's libraries lie. They are loaded by absolute path, each before those that look for it by its
 * name, so that nobody has to set a path for the system's loader.
 *
 * @param found by the library's name
 */
public record CudaLibraries(Map<String, Path> found) {
    /** A folder or several that are searched first. */
    public static final String VARIABLE = "MIXDQ_CUDA_LIBRARIES";

    static final String DRIVER = "libcuda.so.1";
    static final String RUNTIME = "libcudart.so.13";
    static final String BUILTINS = "libnvrtc-builtins.so.13";
    static final String COMPILER = "libnvrtc.so.13";

    /** In the order in which they are loaded: NVRTC looks for its builtins by name. */
    private static final Map<String, Pattern> NAMES = new LinkedHashMap<>();

    static {
        NAMES.put(DRIVER, Pattern.compile("libcuda\\.so\\.1"));
        NAMES.put(RUNTIME, Pattern.compile("libcudart\\.so\\.13"));
        NAMES.put(BUILTINS, Pattern.compile("libnvrtc-builtins\\.so\\.13\\.\\d+"));
        NAMES.put(COMPILER, Pattern.compile("libnvrtc\\.so\\.13"));
    }

    private static final List<String> SYSTEM = List.of(
            "/usr/local/cuda/lib64",
            "/usr/local/nvidia/lib64",
            "/usr/lib/x86_64-linux-gnu",
            "/lib/x86_64-linux-gnu",
            "/usr/lib64",
            "/usr/lib/wsl/lib",
            "/run/opengl-driver/lib",
            "/opt/cuda/lib64",
            "/usr/lib");

    public CudaLibraries {
        found = Map.copyOf(found);
    }

    /** On this machine. */
    public static CudaLibraries search() {
        return search(folders(System.getenv()));
    }

    /** In folders, the first that has one wins. NVRTC and its builtins come from one folder: they must be of one version. */
    static CudaLibraries search(List<Path> folders) {
        Map<String, Path> found = new LinkedHashMap<>();
        for (Path folder : folders) {
            Map<String, Path> here = new LinkedHashMap<>();
            NAMES.forEach((name, pattern) -> file(folder, pattern).ifPresent(path -> here.put(name, path)));
            if (!here.containsKey(BUILTINS) || !here.containsKey(COMPILER)) {
                here.remove(BUILTINS);
                here.remove(COMPILER);
            }
            here.forEach(found::putIfAbsent);
        }
        return new CudaLibraries(found);
    }

    /** Places worth a look, in order, by what the environment says and by what is usual. */
    static List<Path> folders(Map<String, String> environment) {
        Set<Path> folders = new LinkedHashSet<>();
        for (String variable : List.of(VARIABLE, "LD_LIBRARY_PATH")) {
            for (String folder : environment.getOrDefault(variable, "").split(File.pathSeparator)) {
                if (!folder.isBlank()) {
                    folders.add(Path.of(folder));
                }
            }
        }
        for (String variable : List.of("CUDA_HOME", "CUDA_PATH")) {
            if (!environment.getOrDefault(variable, "").isBlank()) {
                folders.add(Path.of(environment.get(variable), "lib64"));
            }
        }
        SYSTEM.forEach(folder -> folders.add(Path.of(folder)));
        folders.addAll(loaderFolders(Path.of("/etc/ld.so.conf.d")));
        children(Path.of("/usr/local"), "cuda-13*").forEach(toolkit -> folders.add(toolkit.resolve("lib64")));
        for (String variable : List.of("VIRTUAL_ENV", "CONDA_PREFIX")) {
            if (!environment.getOrDefault(variable, "").isBlank()) {
                addPython(folders, Path.of(environment.get(variable), "lib"));
            }
        }
        addPython(folders, Path.of(environment.getOrDefault("HOME", "/root"), ".local", "lib"));
        List.of("/usr/local/lib", "/usr/lib", "/opt/conda/lib").forEach(lib -> addPython(folders, Path.of(lib)));
        return List.copyOf(folders);
    }

    /** What pip's packages nvidia-cuda-runtime and nvidia-cuda-nvrtc of version 13 hold. */
    private static void addPython(Set<Path> folders, Path lib) {
        for (Path python : children(lib, "python3*")) {
            for (String packages : List.of("site-packages", "dist-packages")) {
                folders.add(python.resolve(packages).resolve("nvidia/cu13/lib"));
            }
        }
    }

    /** What {@code ldconfig} searches besides the usual places. */
    private static List<Path> loaderFolders(Path configurations) {
        List<Path> folders = new ArrayList<>();
        for (Path configuration : children(configurations, "*.conf")) {
            try {
                for (String line : Files.readAllLines(configuration)) {
                    if (line.startsWith("/")) {
                        folders.add(Path.of(line.strip()));
                    }
                }
            } catch (IOException e) {
                continue;
            }
        }
        return folders;
    }

    private static Set<Path> children(Path folder, String glob) {
        Set<Path> sorted = new TreeSet<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, glob)) {
            files.forEach(sorted::add);
        } catch (IOException e) {
            return Set.of();
        }
        return sorted;
    }

    private static Optional<Path> file(Path folder, Pattern name) {
        String[] names =
                folder.toFile().list((parent, file) -> name.matcher(file).matches());
        if (names == null || names.length == 0) {
            return Optional.empty();
        }
        Arrays.sort(names);
        return Optional.of(folder.resolve(names[names.length - 1]));
    }

    /** What is not there and how to get it, in one sentence; empty if all is. */
    public Optional<String> missing() {
        if (!found.containsKey(DRIVER)) {
            return Optional.of(
                    "there is no NVIDIA driver (libcuda.so.1 was not found): it needs an NVIDIA GPU and its driver,"
                            + " version 580 or newer.");
        }
        if (!found.containsKey(RUNTIME) || !found.containsKey(COMPILER)) {
            return Optional.of("CUDA 13's libraries " + RUNTIME + " and " + COMPILER + " were not "
                    + (found.containsKey(RUNTIME) || found.containsKey(COMPILER) ? "both " : "")
                    + "found: install CUDA's toolkit, or 'pip install \"nvidia-cuda-runtime==13.*\""
                    + " \"nvidia-cuda-nvrtc==13.*\"', or name their folder in " + VARIABLE + ".");
        }
        return Optional.empty();
    }

    /** Loads what was found. @throws MixdqException if one cannot be loaded */
    public void load() {
        for (String name : NAMES.keySet()) {
            Path path = found.get(name);
            if (path == null) {
                continue;
            }
            try {
                System.load(path.toAbsolutePath().toString());
            } catch (UnsatisfiedLinkError e) {
                throw new MixdqException(
                        path + " cannot be loaded (" + e.getMessage() + "): take another or repair it.", e);
            }
        }
    }
}
