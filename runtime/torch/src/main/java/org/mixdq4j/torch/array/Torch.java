package org.mixdq4j.torch.array;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.jni.JniUtils;
import java.util.Optional;

/** Loads PyTorch's native libraries, once per process and at the first call only. */
public final class Torch {
    private static final String ENGINE = "PyTorch";
    private static final ThreadLocal<Boolean> KNOWN_TO_TORCH = ThreadLocal.withInitial(() -> false);

    private Torch() {}

    /** Why PyTorch cannot run on this machine, in one sentence; empty once it is loaded. */
    public static Optional<String> failure() {
        return Loaded.FAILURE;
    }

    /** A new root of native memory. @throws IllegalStateException if there is a {@link #failure()} */
    public static NDManager newManager() {
        Loaded.FAILURE.ifPresent(reason -> {
            throw new IllegalStateException(reason);
        });
        return Engine.getEngine(ENGINE).newBaseManager(Device.cpu());
    }

    /** Version of PyTorch, such as {@code 2.7.1}. */
    public static String version() {
        return Engine.getEngine(ENGINE).getVersion();
    }

    /** Version of the Java bindings. */
    public static String bindingsVersion() {
        return Engine.getDjlVersion();
    }

    /** Threads one operation may use. */
    public static int threads() {
        return Loaded.THREADS;
    }

    /** Threads an operation asked for now would use. */
    public static int threadsNow() {
        return JniUtils.getNumThreads();
    }

    /**
     * Lets what this Java thread asks next use all {@link #threads}, or one; other threads are not concerned. Whoever says
     * one says all again. Whoever computes says one or the other: a thread begins with what any other said last, and with
     * the number of threads PyTorch changes its choice of algorithms and with it last bits.
     */
    public static void divideWork(boolean all) {
        if (!KNOWN_TO_TORCH.get()) {
            // A thread's first computation copies the number that is current in the process, over one set before; to
            // ask
            // counts as a computation.
            JniUtils.getNumThreads();
            KNOWN_TO_TORCH.set(true);
        }
        JniUtils.setNumThreads(all ? Loaded.THREADS : 1);
    }

    private static final class Loaded {
        private static final Optional<String> FAILURE = load();
        private static final int THREADS = FAILURE.isEmpty() ? JniUtils.getNumThreads() : 0;

        private static Optional<String> load() {
            String os = System.getProperty("os.name");
            String arch = System.getProperty("os.arch");
            if (!os.equals("Linux") || !(arch.equals("amd64") || arch.equals("x86_64"))) {
                return Optional.of("PyTorch here ships native code for linux-x86_64 only and this is " + os + " on "
                        + arch + ": run on a 64-bit x86 Linux machine, container or WSL.");
            }
            // DJL looks for updates and reports usage unless told not to, and reads these when its classes load.
            setIfAbsent("ai.djl.offline", "true");
            setIfAbsent("OPT_OUT_TRACKING", "true");
            try {
                Engine.getEngine(ENGINE).newBaseManager(Device.cpu()).close();
                return Optional.empty();
            } catch (RuntimeException | LinkageError e) {
                return Optional.of("PyTorch's native library cannot be loaded (" + rootMessage(e)
                        + "): check that the disk holding ~/.djl.ai (or $DJL_CACHE_DIR) has 500 MB free and allows"
                        + " execution, and that glibc is 2.28 or newer.");
            }
        }

        private static void setIfAbsent(String key, String value) {
            if (System.getProperty(key) == null) {
                System.setProperty(key, value);
            }
        }

        private static String rootMessage(Throwable e) {
            Throwable root = e;
            while (root.getCause() != null) {
                root = root.getCause();
            }
            return root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage();
        }
    }
}
