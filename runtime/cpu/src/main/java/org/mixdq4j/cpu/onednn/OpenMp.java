package org.mixdq4j.cpu.onednn;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How many threads oneDNN uses. It divides even the smallest work, waking threads takes longer than that, and its interface
 * has no say in it; its OpenMP library has. A primitive keeps the count of the moment it is planned, so that is when it is
 * said.
 *
 * <p>Which library that is the dynamic linker decided: the one called libgomp.so.1 that was loaded first, PyTorch's where
 * PyTorch was, else the one that comes with the binding. Asked by the same name it gives the same answer. Where it has
 * none, nothing is changed, and small layers are slower.
 */
public final class OpenMp {
    private static final Logger LOG = LoggerFactory.getLogger(OpenMp.class);
    /** RTLD_LAZY | RTLD_NOLOAD of Linux: only what is there already. */
    private static final int LOADED_ONLY = 1 | 4;

    /** One core moves so many bytes in some tens of microseconds. */
    private static final long SMALL_COPY = 1L << 18;

    private static final Optional<Pointer> LIBRARY = loaded("libgomp.so.1");
    private static final Optional<Function> SET_THREADS = function("omp_set_num_threads");
    private static final Optional<Function> GET_THREADS = function("omp_get_max_threads");
    private static volatile int all = threads();
    /** Threads to go back to once a plan is made; 0 between plans. OpenMP counts per thread of the process, too. */
    private static final ThreadLocal<int[]> BEFORE = ThreadLocal.withInitial(() -> new int[1]);

    private OpenMp() {}

    /** Whether it pays to divide the copying of {@code memory}. */
    static boolean worthDividingCopy(NativeMemory memory) {
        return memory.bytes() >= SMALL_COPY;
    }

    /**
     * How many threads are all, for what is planned from now on, in the whole process. At first those of the environment variable
     * OMP_NUM_THREADS, else one a core.
     *
     * @return how many they were
     */
    public static int use(int threads) {
        int before = all;
        all = threads;
        return before;
    }

    /** How many threads are all. */
    public static int all() {
        return all;
    }

    /** To be said before a primitive is planned. @param divided whether it may use all threads, or one */
    public static void plan(boolean divided) {
        int[] before = BEFORE.get();
        if (before[0] == 0) {
            before[0] = threads();
        }
        set(divided ? all : 1);
    }

    /** To be said when a planned primitive is compiled. */
    public static void planned() {
        int[] before = BEFORE.get();
        if (before[0] != 0) {
            set(before[0]);
            before[0] = 0;
        }
    }

    private static void set(int threads) {
        SET_THREADS.ifPresent(function -> function.invokeVoid(new Object[] {threads}));
    }

    private static int threads() {
        return GET_THREADS.map(function -> function.invokeInt(new Object[0])).orElse(1);
    }

    private static Optional<Pointer> loaded(String library) {
        try {
            OneDnn.get();
            Function open = NativeLibrary.getProcess().getFunction("dlopen");
            return Optional.ofNullable(open.invokePointer(new Object[] {library, LOADED_ONLY}));
        } catch (LinkageError | RuntimeException e) {
            LOG.debug("oneDNN's number of threads cannot be changed", e);
            return Optional.empty();
        }
    }

    private static Optional<Function> function(String name) {
        return LIBRARY.map(library ->
                        NativeLibrary.getProcess().getFunction("dlsym").invokePointer(new Object[] {library, name}))
                .map(Function::getFunction);
    }
}
