package org.mixdq4j.cuda.device.driver;

import static org.bytedeco.cuda.global.cudart.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;
import static org.bytedeco.cuda.global.cudart.cuFuncSetAttribute;
import static org.bytedeco.cuda.global.cudart.cuModuleGetFunction;
import static org.bytedeco.cuda.global.cudart.cuModuleLoadData;
import static org.bytedeco.cuda.global.cudart.cuModuleUnload;

import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.bytedeco.cuda.cudart.CUfunc_st;
import org.bytedeco.cuda.cudart.CUmod_st;
import org.bytedeco.javacpp.BytePointer;
import org.mixdq4j.cuda.device.DeviceInfo;
import org.mixdq4j.cuda.device.Kernel;
import org.mixdq4j.cuda.device.compile.CubinCache;
import org.mixdq4j.cuda.device.compile.KernelSource;

/** Binaries on the device, and their functions. */
final class Modules implements AutoCloseable {
    private static final int MOST_THREADS = 16;

    /** A function and the dynamic shared memory that it was allowed. */
    private static final class Function {
        final CUfunc_st handle = new CUfunc_st();
        int sharedBytes;
    }

    /** What makes one binary. */
    private record Recipe(KernelSource source, List<String> options) {}

    private final Calls calls;
    private final DeviceInfo info;
    private final CubinCache cubins;
    private final Map<Kernel, Recipe> recipes = new ConcurrentHashMap<>();
    private final Map<Recipe, CUmod_st> modules = new ConcurrentHashMap<>();
    private final Map<CUmod_st, Map<String, Function>> functions = new HashMap<>();

    Modules(Calls calls, DeviceInfo info, CubinCache cubins) {
        this.calls = calls;
        this.info = info;
        this.cubins = cubins;
    }

    private Recipe recipe(Kernel kernel) {
        return recipes.computeIfAbsent(
                kernel,
                wanted -> new Recipe(
                        KernelSource.of(wanted), KernelSource.options(wanted, info.architecture(wanted.specific()))));
    }

    /** Compiles on all processors. Several threads may ask; loading is for one at a time. */
    void compile(Collection<Kernel> kernels) {
        Map<Recipe, Future<byte[]>> compiled = new LinkedHashMap<>();
        int threads = Math.min(MOST_THREADS, Runtime.getRuntime().availableProcessors());
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        try {
            for (Kernel kernel : kernels) {
                Recipe recipe = recipe(kernel);
                if (!modules.containsKey(recipe)) {
                    compiled.computeIfAbsent(
                            recipe, wanted -> pool.submit(() -> cubins.get(wanted.source(), wanted.options())));
                }
            }
            compiled.forEach((recipe, cubin) -> load(recipe, await(cubin)));
        } finally {
            pool.shutdownNow();
        }
    }

    private static byte[] await(Future<byte[]> cubin) {
        try {
            return cubin.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private synchronized void load(Recipe recipe, byte[] cubin) {
        if (modules.containsKey(recipe)) {
            return;
        }
        CUmod_st module = new CUmod_st();
        try (BytePointer image = new BytePointer(cubin)) {
            calls.check(
                    cuModuleLoadData(module, image), "load " + recipe.source().file() + recipe.options());
        }
        modules.put(recipe, module);
    }

    /** @param sharedBytes dynamic shared memory of a launch */
    CUfunc_st function(Kernel kernel, int sharedBytes) {
        Recipe recipe = recipe(kernel);
        if (!modules.containsKey(recipe)) {
            compile(List.of(kernel));
        }
        CUmod_st module = modules.get(recipe);
        Function function = functions
                .computeIfAbsent(module, any -> new HashMap<>())
                .computeIfAbsent(kernel.entry(), entry -> {
                    Function found = new Function();
                    calls.check(
                            cuModuleGetFunction(found.handle, module, entry), "find " + entry + " in " + kernel.file());
                    return found;
                });
        if (sharedBytes > function.sharedBytes) {
            calls.check(
                    cuFuncSetAttribute(function.handle, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, sharedBytes),
                    "give " + kernel.entry() + " " + sharedBytes + " bytes of shared memory");
            function.sharedBytes = sharedBytes;
        }
        return function.handle;
    }

    @Override
    public void close() {
        modules.values().forEach(module -> cuModuleUnload(module));
        modules.clear();
        functions.clear();
    }
}
