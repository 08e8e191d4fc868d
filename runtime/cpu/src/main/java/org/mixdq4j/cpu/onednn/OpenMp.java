package org.mixdq4j.cpu.onednn;

import com.sun.jna.Function;
import com.sun.jna.Library;
import com.sun.jna.NativeLibrary;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.javacpp.Loader;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How many threads oneDNN uses for what this Java thread asks next. oneDNN divides even the smallest work, waking threads
 * takes longer than that, and its interface has no say in it; its OpenMP library has. Where that library is not the one
 * that comes with the binding, nothing is changed, and small layers are slower.
 */
final class OpenMp {
    private static final Logger LOG = LoggerFactory.getLogger(OpenMp.class);
    /** Without RTLD_GLOBAL, JNA's default: PyTorch would then find its OpenMP functions in this library. */
    private static final int RTLD_LAZY = 1;

    /** One core moves so many bytes, or multiplies so many integers, in some tens of microseconds. */
    private static final long SMALL_COPY = 1L << 18;

    private static final long SMALL_PRODUCT = 1L << 23;
    private static final Optional<Function> SET_THREADS = find("omp_set_num_threads");
    private static final int ALL =
            find("omp_get_max_threads").map(f -> f.invokeInt(new Object[0])).orElse(1);
    /** OpenMP counts per thread of the process, too. */
    private static final ThreadLocal<int[]> CURRENT = ThreadLocal.withInitial(() -> new int[] {ALL});

    private OpenMp() {}

    /** Whether it pays to divide the copying of {@code memory}. */
    static boolean worthDividingCopy(NativeMemory memory) {
        return memory.bytes() >= SMALL_COPY;
    }

    /** Whether it pays to divide a product. @param terms multiplications per element of the output */
    static boolean worthDividingProduct(NativeMemory output, long terms) {
        return output.bytes() / Float.BYTES * terms >= SMALL_PRODUCT;
    }

    /** To be said before a primitive is compiled, and the same again before it is run. */
    static void threads(boolean all) {
        int wanted = all ? ALL : 1;
        int[] current = CURRENT.get();
        if (current[0] != wanted) {
            SET_THREADS.ifPresent(set -> set.invokeVoid(new Object[] {wanted}));
            current[0] = wanted;
        }
    }

    private static Optional<Function> find(String function) {
        try {
            Path binding = Path.of(Loader.load(org.bytedeco.dnnl.global.dnnl.class));
            Path library = binding.resolveSibling("libgomp.so.1");
            Map<String, ?> options = Map.of(Library.OPTION_OPEN_FLAGS, RTLD_LAZY);
            return Optional.of(
                    NativeLibrary.getInstance(library.toString(), options).getFunction(function));
        } catch (LinkageError | RuntimeException e) {
            LOG.debug("oneDNN's number of threads cannot be changed", e);
            return Optional.empty();
        }
    }
}
