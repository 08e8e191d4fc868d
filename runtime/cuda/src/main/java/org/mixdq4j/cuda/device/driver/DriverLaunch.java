package org.mixdq4j.cuda.device.driver;

import static org.bytedeco.cuda.global.cudart.CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION;
import static org.bytedeco.cuda.global.cudart.cuLaunchKernelEx;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.cuda.cudart.CUfunc_st;
import org.bytedeco.cuda.cudart.CUlaunchAttribute;
import org.bytedeco.cuda.cudart.CUlaunchConfig;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;
import org.mixdq4j.cuda.device.Geometry;
import org.mixdq4j.cuda.device.Launch;

/** A kernel and its arguments as the driver wants them. */
final class DriverLaunch implements Launch {
    private final DriverDevice device;
    private final CUfunc_st function;
    private final String doing;
    // The configuration and the list of parameters hold bare addresses of the rest, which must not be collected.
    private final CUlaunchAttribute early;
    private final CUlaunchConfig configuration;
    private final PointerPointer<Pointer> parameters;
    private final List<ByteBuffer> arguments;
    private final List<Pointer> pointers = new ArrayList<>();

    /** @param arguments direct buffers, one a parameter of the kernel */
    DriverLaunch(
            DriverDevice device,
            String doing,
            CUfunc_st function,
            Geometry geometry,
            boolean startsEarly,
            CUstream_st stream,
            List<ByteBuffer> arguments) {
        this.device = device;
        this.doing = doing;
        this.function = function;
        this.arguments = List.copyOf(arguments);
        this.early = new CUlaunchAttribute(1).id(CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION);
        early.value().programmaticStreamSerializationAllowed(1);
        this.configuration = new CUlaunchConfig(1)
                .gridDimX(geometry.x())
                .gridDimY(geometry.y())
                .gridDimZ(geometry.z())
                .blockDimX(geometry.threads())
                .blockDimY(1)
                .blockDimZ(1)
                .sharedMemBytes(geometry.sharedBytes())
                .hStream(stream)
                .attrs(early)
                .numAttrs(startsEarly ? 1 : 0);
        this.parameters = new PointerPointer<>(Math.max(1, arguments.size()));
        for (ByteBuffer argument : arguments) {
            Pointer pointer = new Pointer(argument);
            parameters.put(pointers.size(), pointer);
            pointers.add(pointer);
        }
    }

    @Override
    @SuppressWarnings("rawtypes")
    public void run() {
        device.enter();
        device.calls().check(cuLaunchKernelEx(configuration, function, parameters, (PointerPointer) null), doing);
        device.launched(doing);
    }

    @Override
    public void close() {
        configuration.close();
        early.close();
        parameters.close();
    }
}
