package org.mixdq4j.cuda.device.driver;

import static org.bytedeco.cuda.global.nvrtc.nvrtcCompileProgram;
import static org.bytedeco.cuda.global.nvrtc.nvrtcCreateProgram;
import static org.bytedeco.cuda.global.nvrtc.nvrtcDestroyProgram;
import static org.bytedeco.cuda.global.nvrtc.nvrtcGetCUBIN;
import static org.bytedeco.cuda.global.nvrtc.nvrtcGetCUBINSize;
import static org.bytedeco.cuda.global.nvrtc.nvrtcGetErrorString;
import static org.bytedeco.cuda.global.nvrtc.nvrtcGetProgramLog;
import static org.bytedeco.cuda.global.nvrtc.nvrtcGetProgramLogSize;
import static org.bytedeco.cuda.global.nvrtc.nvrtcVersion;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.bytedeco.cuda.nvrtc._nvrtcProgram;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerPointer;
import org.bytedeco.javacpp.SizeTPointer;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.cuda.device.compile.KernelCompiler;
import org.mixdq4j.cuda.device.compile.KernelSource;

/** NVIDIA's compiler as a library. {@link CudaLibraries#load} comes first. */
public final class Nvrtc implements KernelCompiler {
    private final String version;

    public Nvrtc() {
        int[] major = new int[1];
        int[] minor = new int[1];
        check(nvrtcVersion(major, minor), "ask NVRTC for its version");
        version = "NVRTC " + major[0] + "." + minor[0];
    }

    @Override
    public String version() {
        return version;
    }

    @Override
    public byte[] compile(KernelSource source, List<String> options) {
        String[] names = source.headers().keySet().toArray(String[]::new);
        String[] texts = source.headers().values().toArray(String[]::new);
        String[] told = options.toArray(String[]::new);
        _nvrtcProgram program = new _nvrtcProgram();
        try (BytePointer text = new BytePointer(source.text());
                BytePointer file = new BytePointer(source.file());
                PointerPointer<BytePointer> headers = new PointerPointer<>(texts);
                PointerPointer<BytePointer> includes = new PointerPointer<>(names);
                PointerPointer<BytePointer> arguments = new PointerPointer<>(told);
                SizeTPointer size = new SizeTPointer(1)) {
            check(
                    nvrtcCreateProgram(program, text, file, names.length, headers, includes),
                    "begin to compile " + source.file());
            try {
                int result = nvrtcCompileProgram(program, told.length, arguments);
                if (result != 0) {
                    throw new MixdqException("NVRTC does not compile " + source.file() + " with " + options + ": "
                            + nvrtcGetErrorString(result).getString() + "\n" + log(program, size));
                }
                check(nvrtcGetCUBINSize(program, size), "compile " + source.file());
                byte[] cubin = new byte[Math.toIntExact(size.get())];
                check(nvrtcGetCUBIN(program, cubin), "compile " + source.file());
                return cubin;
            } finally {
                nvrtcDestroyProgram(program);
            }
        }
    }

    private static String log(_nvrtcProgram program, SizeTPointer size) {
        if (nvrtcGetProgramLogSize(program, size) != 0) {
            return "";
        }
        byte[] log = new byte[Math.toIntExact(size.get())];
        nvrtcGetProgramLog(program, log);
        String text = new String(log, StandardCharsets.UTF_8);
        // It ends with a zero.
        return text.replace("\0", "").strip();
    }

    private static void check(int result, String doing) {
        if (result != 0) {
            throw new MixdqException("NVRTC could not " + doing + ": "
                    + nvrtcGetErrorString(result).getString() + ".");
        }
    }
}
