package org.mixdq4j.cuda.device.host;

import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.cuda.device.Arguments;
import org.mixdq4j.cuda.device.Device;
import org.mixdq4j.cuda.device.DeviceInfo;
import org.mixdq4j.cuda.device.Geometry;
import org.mixdq4j.cuda.device.Kernel;
import org.mixdq4j.cuda.device.Launch;
import org.mixdq4j.cuda.device.Parameter;

/** Plain Java in place of a GPU. Slow: for tests. */
public final class HostDevice implements Device {
    private final HostMemory memory = new HostMemory();
    private final DeviceInfo info;
    private final Map<String, Twin> twins;

    /**
     * @param info of the GPU it stands for
     * @param twins by the kernel's entry
     */
    public HostDevice(DeviceInfo info, Map<String, Twin> twins) {
        this.info = info;
        this.twins = Map.copyOf(twins);
    }

    @Override
    public DeviceInfo info() {
        return info;
    }

    public HostMemory memory() {
        return memory;
    }

    /** Blocks that were allocated and not freed. */
    public int blocks() {
        return memory.count();
    }

    @Override
    public long allocate(long bytes) {
        if (bytes > Integer.MAX_VALUE - 8) {
            throw new MixdqException("The host device was asked for " + bytes + " bytes at once, which it has not.");
        }
        return memory.allocate(bytes);
    }

    @Override
    public void free(long address) {
        memory.free(address);
    }

    @Override
    public void upload(long to, ByteBuffer from) {
        memory.bytes(to, from.remaining()).put(from.duplicate());
    }

    @Override
    public void download(long from, ByteBuffer to) {
        to.duplicate().put(memory.bytes(from, to.remaining()));
    }

    @Override
    public void fill(long to, int value, long bytes) {
        ByteBuffer filled = memory.bytes(to, bytes);
        while (filled.hasRemaining()) {
            filled.put((byte) value);
        }
    }

    @Override
    public void compile(Collection<Kernel> kernels) {
        kernels.forEach(this::twin);
    }

    private Twin twin(Kernel kernel) {
        Twin twin = twins.get(kernel.entry());
        if (twin == null) {
            throw new IllegalStateException("there is no twin of " + kernel);
        }
        return twin;
    }

    @Override
    public Launch prepare(String what, Kernel kernel, Geometry geometry, List<Parameter> parameters) {
        Twin twin = twin(kernel);
        if (geometry.sharedBytes() > info.sharedBytes()) {
            throw new IllegalStateException(what + ": " + kernel + " wants " + geometry.sharedBytes()
                    + " bytes of shared memory, " + info.name() + " has " + info.sharedBytes());
        }
        parameters.forEach(parameter -> {
            if (parameter instanceof Arguments arguments) {
                arguments.bytes();
            }
        });
        return () -> {
            try {
                twin.run(memory, kernel, geometry, parameters);
            } catch (RuntimeException e) {
                throw new IllegalStateException(what + ": " + kernel + ": " + e.getMessage(), e);
            }
        };
    }

    @Override
    public Launch record(List<Launch> launches) {
        List<Launch> held = List.copyOf(launches);
        return () -> held.forEach(Launch::run);
    }

    @Override
    public void synchronize() {}

    @Override
    public void close() {}
}
