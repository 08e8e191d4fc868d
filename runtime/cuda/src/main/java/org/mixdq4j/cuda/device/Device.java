package org.mixdq4j.cuda.device;

import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.List;

/**
 * A GPU, or what stands for one. Addresses are numbers, as the driver's. Everything happens in the order in which it was asked
 * for. For one thread at a time; any thread may be that one.
 */
public interface Device extends AutoCloseable {
    DeviceInfo info();

    /**
     * Memory of any content at a multiple of 256.
     *
     * @throws org.mixdq4j.core.error.MixdqException if there is not so much
     */
    long allocate(long bytes);

    void free(long address);

    /** Copies what remains of a buffer; done when it returns, and the buffer's position is as before. */
    void upload(long to, ByteBuffer from);

    /** Fills what remains of a buffer, after all that was launched before. */
    void download(long from, ByteBuffer to);

    void fill(long to, int value, long bytes);

    /** Compiles kernels that will be wanted, side by side where the device can. */
    void compile(Collection<Kernel> kernels);

    /**
     * @param what for people, when it fails: the step it belongs to
     * @param parameters in the order of the kernel's
     */
    Launch prepare(String what, Kernel kernel, Geometry geometry, List<Parameter> parameters);

    /** The launches as one that is cheaper to start than they are. */
    Launch record(List<Launch> launches);

    /** Waits until all is done. @throws org.mixdq4j.core.error.MixdqException if something failed */
    void synchronize();

    @Override
    void close();
}
