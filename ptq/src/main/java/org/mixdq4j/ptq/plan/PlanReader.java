package org.mixdq4j.ptq.plan;

import java.nio.file.Path;
import org.mixdq4j.core.artifact.plan.BitPlanFile;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.error.UsageException;

/** Plans of bits that there are quantizers for. */
public final class PlanReader {
    private static final int LEAST_BITS = 2;
    private static final int MOST_BITS = 8;

    private PlanReader() {}

    /**
     * @param file MixDQ's {@code model.<path>: bits}, which is what {@code mixdq allocate} writes
     * @throws UsageException if there is no such file
     * @throws MixdqException if it is no plan, or one of other bits than 2 to 8, naming the layer
     */
    public static BitTable read(Path file) {
        BitPlanFile plan = BitPlanFile.read(file);
        plan.bits().forEach((id, bits) -> {
            if ((bits < LEAST_BITS || bits > MOST_BITS) && bits != BitTable.FLOAT) {
                throw new MixdqException("The plan " + file + " gives the layer '" + id + "' " + bits
                        + " bits, which no quantizer here has; give it " + LEAST_BITS + " to " + MOST_BITS + ", or "
                        + BitTable.FLOAT + " for float.");
            }
        });
        return new BitTable(file, plan.bits(), plan.provenance());
    }
}
