package org.mixdq4j.cuda.device.driver;

import static org.bytedeco.cuda.global.cudart.CUDA_ERROR_OUT_OF_MEMORY;
import static org.bytedeco.cuda.global.cudart.CU_STREAM_NON_BLOCKING;
import static org.bytedeco.cuda.global.cudart.cuCtxSetCurrent;
import static org.bytedeco.cuda.global.cudart.cuDevicePrimaryCtxRelease;
import static org.bytedeco.cuda.global.cudart.cuDevicePrimaryCtxRetain;
import static org.bytedeco.cuda.global.cudart.cuMemAlloc;
import static org.bytedeco.cuda.global.cudart.cuMemFree;
import static org.bytedeco.cuda.global.cudart.cuMemGetInfo;
import static org.bytedeco.cuda.global.cudart.cuMemsetD8Async;
import static org.bytedeco.cuda.global.cudart.cuStreamCreate;
import static org.bytedeco.cuda.global.cudart.cuStreamDestroy;
import static org.bytedeco.cuda.global.cudart.cuStreamSynchronize;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import org.bytedeco.cuda.cudart.CUctx_st;
import org.bytedeco.cuda.cudart.CUfunc_st;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.javacpp.SizeTPointer;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.cuda.device.Arguments;
import org.mixdq4j.cuda.device.Device;
import org.mixdq4j.cuda.device.DeviceInfo;
import org.mixdq4j.cuda.device.Geometry;
import org.mixdq4j.cuda.device.Kernel;
import org.mixdq4j.cuda.device.Launch;
import org.mixdq4j.cuda.device.Parameter;
import org.mixdq4j.cuda.device.TensorMap;
import org.mixdq4j.cuda.device.compile.CubinCache;

/** The first GPU: its primary context and one stream. */
public final class DriverDevice implements Device {
    /** Set to 1, each launch is waited for and nothing is recorded: slow, but what fails is named. */
    public static final String STEPWISE = "MIXDQ_CUDA_STEPWISE";

    private final DeviceInfo info;
    private final Calls calls = new Calls();
    private final CUctx_st context = new CUctx_st();
    private final CUstream_st stream = new CUstream_st();
    private final Modules modules;
    private final boolean stepwise = "1".equals(System.getenv(STEPWISE));
    private Thread entered;
    private Staging staging;
    private boolean closed;

    private DriverDevice(Gpu gpu) {
        this.info = gpu.info();
        this.modules = new Modules(calls, info, new CubinCache(CubinCache.defaultFolder(), new Nvrtc()));
        calls.check(cuDevicePrimaryCtxRetain(context, Gpu.ORDINAL), "begin");
        enter();
        calls.check(cuStreamCreate(stream, CU_STREAM_NON_BLOCKING), "make a stream");
    }

    /** @throws MixdqException if there is none, or it will not do: one sentence why */
    public static DriverDevice open() {
        Gpu gpu = Gpu.find();
        gpu.unfit().ifPresent(reason -> {
            throw new MixdqException(reason);
        });
        return new DriverDevice(gpu);
    }

    Calls calls() {
        return calls;
    }

    /** A context belongs to threads: whichever calls becomes one of them. */
    void enter() {
        Thread current = Thread.currentThread();
        if (entered != current) {
            calls.check(cuCtxSetCurrent(context), "serve another thread");
            entered = current;
        }
    }

    /** Called after each launch. */
    void launched(String doing) {
        if (stepwise) {
            calls.check(cuStreamSynchronize(stream), doing);
        }
    }

    @Override
    public DeviceInfo info() {
        return info;
    }

    @Override
    public long allocate(long bytes) {
        enter();
        long[] address = new long[1];
        int result = cuMemAlloc(address, Math.max(1, bytes));
        if (result == CUDA_ERROR_OUT_OF_MEMORY) {
            throw new MixdqException(shortage(bytes));
        }
        calls.check(result, "give " + bytes + " bytes of memory");
        return address[0];
    }

    private String shortage(long bytes) {
        try (SizeTPointer free = new SizeTPointer(1);
                SizeTPointer total = new SizeTPointer(1)) {
            calls.check(cuMemGetInfo(free, total), "tell its free memory");
            return String.format(
                    Locale.ROOT,
                    "The GPU's memory does not suffice: %.2f GiB more are wanted, %.2f of its %.2f GiB are free; draw"
                            + " fewer pictures at once or smaller ones, or pass --low-memory.",
                    gib(bytes),
                    gib(free.get()),
                    gib(total.get()));
        }
    }

    private static double gib(long bytes) {
        return bytes / (double) (1L << 30);
    }

    @Override
    public void free(long address) {
        if (!calls.lost()) {
            enter();
            calls.check(cuMemFree(address), "free memory");
        }
    }

    private Staging staging() {
        if (staging == null) {
            staging = new Staging(calls, stream);
        }
        return staging;
    }

    @Override
    public void upload(long to, ByteBuffer from) {
        enter();
        staging().upload(to, from);
    }

    @Override
    public void download(long from, ByteBuffer to) {
        enter();
        staging().download(from, to);
    }

    @Override
    public void fill(long to, int value, long bytes) {
        enter();
        if (bytes > 0) {
            calls.check(cuMemsetD8Async(to, (byte) value, bytes, stream), "fill memory");
        }
    }

    @Override
    public void compile(Collection<Kernel> kernels) {
        enter();
        modules.compile(kernels);
    }

    @Override
    public Launch prepare(String what, Kernel kernel, Geometry geometry, List<Parameter> parameters) {
        enter();
        CUfunc_st function = modules.function(kernel, geometry.sharedBytes());
        List<ByteBuffer> buffers = new ArrayList<>();
        for (Parameter parameter : parameters) {
            if (parameter instanceof Arguments arguments) {
                ByteBuffer bytes = arguments.bytes();
                arguments
                        .maps()
                        .forEach((field, map) -> TensorMaps.encode(
                                calls,
                                map,
                                bytes.slice(arguments.layout().field(field).at(), TensorMap.BYTES),
                                what));
                buffers.add(bytes);
            } else if (parameter instanceof TensorMap map) {
                ByteBuffer encoded = TensorMaps.buffer();
                TensorMaps.encode(calls, map, encoded, what);
                buffers.add(encoded);
            }
        }
        boolean early = geometry.early() && info.clusters();
        String doing = "run step '" + what + "' (" + kernel.entry() + ")";
        return new DriverLaunch(this, doing, function, geometry, early, stream, buffers);
    }

    @Override
    public Launch record(List<Launch> launches) {
        enter();
        if (stepwise || launches.isEmpty()) {
            List<Launch> held = List.copyOf(launches);
            return () -> held.forEach(Launch::run);
        }
        return GraphLaunch.capture(this, stream, launches);
    }

    @Override
    public void synchronize() {
        enter();
        calls.check(cuStreamSynchronize(stream), "finish");
    }

    @Override
    public void close() {
        if (closed || calls.lost()) {
            return;
        }
        closed = true;
        enter();
        cuStreamSynchronize(stream);
        modules.close();
        if (staging != null) {
            staging.close();
        }
        cuStreamDestroy(stream);
        cuDevicePrimaryCtxRelease(Gpu.ORDINAL);
    }
}
