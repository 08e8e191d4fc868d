package org.mixdq4j.cuda.bind;

import java.util.List;
import org.mixdq4j.cuda.device.Geometry;
import org.mixdq4j.cuda.device.Kernel;
import org.mixdq4j.cuda.device.Parameter;

/**
 * A launch that is not prepared yet.
 *
 * @param step index of the program's step it belongs to
 * @param what the step's id, for people
 */
public record Planned(int step, String what, Kernel kernel, Geometry geometry, List<Parameter> parameters) {
    public Planned {
        parameters = List.copyOf(parameters);
    }
}
