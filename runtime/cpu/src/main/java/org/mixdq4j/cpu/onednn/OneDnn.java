package org.mixdq4j.cpu.onednn;

import static org.bytedeco.dnnl.global.dnnl.*;

import org.bytedeco.dnnl.dnnl_engine;
import org.bytedeco.dnnl.dnnl_stream;
import org.bytedeco.dnnl.dnnl_version_t;
import org.mixdq4j.core.error.MixdqException;

/**
 * The oneDNN library of this process: one CPU engine and one in-order stream that every primitive shares.
 *
 * <p>oneDNN brings its own OpenMP thread pool. Where PyTorch's is used as well, load PyTorch first and set {@code
 * OMP_WAIT_POLICY=PASSIVE}: an idle pool that spins takes the cores from the other one.
 */
public final class OneDnn {
    private static final int AVX2_VNNI_BIT = dnnl_cpu_isa_avx2_vnni & ~dnnl_cpu_isa_avx2;
    private static final int AVX512_VNNI_BIT = dnnl_cpu_isa_avx512_core_vnni & ~dnnl_cpu_isa_avx512_core;

    private final dnnl_engine engine = new dnnl_engine();
    private final dnnl_stream stream = new dnnl_stream();
    private final String version;
    private final int isa;

    private OneDnn() {
        check(dnnl_engine_create(engine, dnnl_cpu, 0), "create its CPU engine");
        check(dnnl_stream_create(stream, engine, dnnl_stream_in_order), "create its stream");
        dnnl_version_t found = dnnl_version();
        version = found.major() + "." + found.minor() + "." + found.patch();
        isa = dnnl_get_effective_cpu_isa();
    }

    /**
     * The library, loaded at the first call.
     *
     * @throws MixdqException if its native code cannot be loaded on this machine
     */
    public static OneDnn get() {
        try {
            return Holder.LIBRARY;
        } catch (LinkageError e) {
            throw new MixdqException(
                    "oneDNN's native library could not be loaded on " + System.getProperty("os.name") + " "
                            + System.getProperty("os.arch") + " (" + rootCause(e)
                            + "): 64-bit Linux on x86 is expected; use the float executor, or put the dnnl, javacpp and"
                            + " opencl jars of this platform on the class path.",
                    e);
        }
    }

    /** The library's version, as in {@code 3.11.0}. */
    public String version() {
        return version;
    }

    /** The instruction set its kernels are built for: the machine's, unless {@code ONEDNN_MAX_CPU_ISA} lowers it. */
    public String isa() {
        return switch (isa) {
            case dnnl_cpu_isa_default -> "generic";
            case dnnl_cpu_isa_sse41 -> "sse41";
            case dnnl_cpu_isa_avx -> "avx";
            case dnnl_cpu_isa_avx2 -> "avx2";
            case dnnl_cpu_isa_avx2_vnni -> "avx2_vnni";
            case dnnl_cpu_isa_avx2_vnni_2 -> "avx2_vnni_2";
            case dnnl_cpu_isa_avx512_core -> "avx512_core";
            case dnnl_cpu_isa_avx512_core_vnni -> "avx512_core_vnni";
            case dnnl_cpu_isa_avx512_core_bf16 -> "avx512_core_bf16";
            case dnnl_cpu_isa_avx512_core_fp16 -> "avx512_core_fp16";
            case dnnl_cpu_isa_avx512_core_amx -> "avx512_core_amx";
            case dnnl_cpu_isa_avx512_core_amx_fp16 -> "avx512_core_amx_fp16";
            case dnnl_cpu_isa_avx10_2_512 -> "avx10_2_512";
            case dnnl_cpu_isa_avx10_2_512_amx_2 -> "avx10_2_512_amx_2";
            default -> "isa 0x" + Integer.toHexString(isa);
        };
    }

    /**
     * Whether the kernels add products of bytes straight into 32 bits. Without VNNI they add pairs of products in 16
     * bits that saturate, which {@link PairSafeWeights} has to prevent.
     */
    public boolean vnni() {
        return (isa & (AVX2_VNNI_BIT | AVX512_VNNI_BIT)) != 0;
    }

    public dnnl_engine engine() {
        return engine;
    }

    dnnl_stream stream() {
        return stream;
    }

    /** @throws MixdqException if {@code status} is not success; {@code action} completes "oneDNN could not ..." */
    public static void check(int status, String action) {
        if (status != dnnl_success) {
            throw new MixdqException("oneDNN could not " + action + " (" + statusName(status)
                    + "): expected success; run this layer in float, and report its shape.");
        }
    }

    private static String statusName(int status) {
        return switch (status) {
            case dnnl_out_of_memory -> "out of memory";
            case dnnl_invalid_arguments -> "invalid arguments";
            case dnnl_unimplemented -> "no implementation for this shape and type";
            case dnnl_runtime_error -> "failed at run time";
            default -> "status " + status;
        };
    }

    private static String rootCause(Throwable e) {
        Throwable cause = e;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        String message = cause.getMessage();
        return message == null
                ? cause.getClass().getSimpleName()
                : message.lines().findFirst().orElse("");
    }

    private static final class Holder {
        static final OneDnn LIBRARY;

        static {
            // JavaCPP refuses to allocate once the process is larger than twice the Java heap; here weights live
            // outside
            // the heap on purpose, and everything is released by close().
            for (String limit : new String[] {"maxBytes", "maxPhysicalBytes"}) {
                System.getProperties().putIfAbsent("org.bytedeco.javacpp." + limit, "0");
            }
            LIBRARY = new OneDnn();
        }
    }
}
