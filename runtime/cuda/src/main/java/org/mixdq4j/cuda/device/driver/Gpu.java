package org.mixdq4j.cuda.device.driver;

import static org.bytedeco.cuda.global.cudart.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR;
import static org.bytedeco.cuda.global.cudart.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR;
import static org.bytedeco.cuda.global.cudart.CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE;
import static org.bytedeco.cuda.global.cudart.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN;
import static org.bytedeco.cuda.global.cudart.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT;
import static org.bytedeco.cuda.global.cudart.cuDeviceGetAttribute;
import static org.bytedeco.cuda.global.cudart.cuDeviceGetCount;
import static org.bytedeco.cuda.global.cudart.cuDeviceGetName;
import static org.bytedeco.cuda.global.cudart.cuDeviceTotalMem;
import static org.bytedeco.cuda.global.cudart.cuDriverGetVersion;
import static org.bytedeco.cuda.global.cudart.cuInit;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.bytedeco.javacpp.SizeTPointer;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.cuda.device.DeviceInfo;

/**
 * The first GPU that the driver shows (CUDA_VISIBLE_DEVICES says which).
 *
 * @param memory all of it, in bytes
 * @param driver CUDA version that the driver knows, as 1000 * major + 10 * minor
 * @param compiler NVRTC's version
 */
public record Gpu(DeviceInfo info, long memory, int driver, String compiler) {
    static final int ORDINAL = 0;
    private static final int NEEDED = 13000;

    /**
     * Loads the libraries and asks.
     *
     * @throws MixdqException if something is missing, with one sentence about it
     */
    public static Gpu find() {
        CudaLibraries libraries = CudaLibraries.search();
        libraries.missing().ifPresent(reason -> {
            throw new MixdqException(reason);
        });
        libraries.load();
        try {
            return ask();
        } catch (LinkageError e) {
            throw new MixdqException(
                    "the bindings to CUDA cannot be loaded (" + e.getMessage()
                            + "): see docs/gpu.md for what is needed.",
                    e);
        }
    }

    private static Gpu ask() {
        Calls calls = new Calls();
        int result = cuInit(0);
        int[] number = new int[1];
        if (result == 0) {
            result = cuDeviceGetCount(number);
        }
        if (result != 0 || number[0] == 0) {
            throw new MixdqException("the NVIDIA driver shows no GPU ("
                    + (result == 0 ? "0 devices" : Calls.name(result))
                    + "): check 'nvidia-smi' and CUDA_VISIBLE_DEVICES.");
        }
        calls.check(cuDriverGetVersion(number), "tell the driver's version");
        int driver = number[0];
        byte[] name = new byte[256];
        calls.check(cuDeviceGetName(name, name.length, ORDINAL), "tell its name");
        DeviceInfo info = new DeviceInfo(
                text(name),
                attribute(calls, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR),
                attribute(calls, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR),
                attribute(calls, CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT),
                attribute(calls, CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN),
                attribute(calls, CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE));
        try (SizeTPointer memory = new SizeTPointer(1)) {
            calls.check(cuDeviceTotalMem(memory, ORDINAL), "tell its memory");
            return new Gpu(info, memory.get(), driver, new Nvrtc().version());
        }
    }

    private static int attribute(Calls calls, int which) {
        int[] value = new int[1];
        calls.check(cuDeviceGetAttribute(value, which, ORDINAL), "tell attribute " + which);
        return value[0];
    }

    private static String text(byte[] zeroEnded) {
        String all = new String(zeroEnded, StandardCharsets.UTF_8);
        return all.substring(0, all.indexOf('\0') < 0 ? all.length() : all.indexOf('\0'))
                .strip();
    }

    /** Why kernels cannot run on it, in one sentence. */
    public Optional<String> unfit() {
        if (driver < NEEDED) {
            return Optional.of("the NVIDIA driver knows CUDA " + driver / 1000 + "." + driver % 1000 / 10
                    + " only: CUDA 13 needs version 580 or newer of it.");
        }
        if (info.major() < 8) {
            return Optional.of("the GPU (" + info.name() + ") has compute capability " + info.major() + "."
                    + info.minor() + ": kernels need 8.0 (Ampere) or newer.");
        }
        return Optional.empty();
    }

    /** For people. */
    public String line() {
        return String.format(
                "%s, compute capability %d.%d, %d multiprocessors, %.1f GiB; driver for CUDA %d.%d, %s",
                info.name(),
                info.major(),
                info.minor(),
                info.multiprocessors(),
                memory / (double) (1L << 30),
                driver / 1000,
                driver % 1000 / 10,
                compiler);
    }
}
