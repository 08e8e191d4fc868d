package org.mixdq4j.cuda.device.host;

import java.util.List;
import org.mixdq4j.cuda.device.Geometry;
import org.mixdq4j.cuda.device.Kernel;
import org.mixdq4j.cuda.device.Parameter;

/**
 * What a kernel does, in plain Java: the definition that the kernel is checked against on a GPU. It reads the same arguments
 * and packed memory, and does the work of the blocks of the geometry and no other, so that a grid too small shows.
 */
public interface Twin {
    void run(HostMemory memory, Kernel kernel, Geometry geometry, List<Parameter> parameters);
}
