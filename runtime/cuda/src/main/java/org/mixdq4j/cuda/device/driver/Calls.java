package org.mixdq4j.cuda.device.driver;

import static org.bytedeco.cuda.global.cudart.CUDA_ERROR_ASSERT;
import static org.bytedeco.cuda.global.cudart.CUDA_ERROR_CONTEXT_IS_DESTROYED;
import static org.bytedeco.cuda.global.cudart.CUDA_ERROR_ECC_UNCORRECTABLE;
import static org.bytedeco.cuda.global.cudart.CUDA_ERROR_HARDWARE_STACK_ERROR;
import static org.bytedeco.cuda.global.cudart.CUDA_ERROR_ILLEGAL_ADDRESS;
import static org.bytedeco.cuda.global.cudart.CUDA_ERROR_ILLEGAL_INSTRUCTION;
import static org.bytedeco.cuda.global.cudart.CUDA_ERROR_INVALID_ADDRESS_SPACE;
import static org.bytedeco.cuda.global.cudart.CUDA_ERROR_INVALID_PC;
import static org.bytedeco.cuda.global.cudart.CUDA_ERROR_LAUNCH_FAILED;
import static org.bytedeco.cuda.global.cudart.CUDA_ERROR_LAUNCH_TIMEOUT;
import static org.bytedeco.cuda.global.cudart.CUDA_ERROR_MISALIGNED_ADDRESS;
import static org.bytedeco.cuda.global.cudart.cuGetErrorName;

import java.util.Set;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerPointer;
import org.mixdq4j.core.error.MixdqException;

/** What the driver's calls return. After some errors nothing can be done with the GPU any more: that is said once. */
final class Calls {
    private static final Set<Integer> FATAL = Set.of(
            CUDA_ERROR_ILLEGAL_ADDRESS,
            CUDA_ERROR_LAUNCH_TIMEOUT,
            CUDA_ERROR_CONTEXT_IS_DESTROYED,
            CUDA_ERROR_ASSERT,
            CUDA_ERROR_HARDWARE_STACK_ERROR,
            CUDA_ERROR_ILLEGAL_INSTRUCTION,
            CUDA_ERROR_MISALIGNED_ADDRESS,
            CUDA_ERROR_INVALID_ADDRESS_SPACE,
            CUDA_ERROR_INVALID_PC,
            CUDA_ERROR_LAUNCH_FAILED,
            CUDA_ERROR_ECC_UNCORRECTABLE);

    private String lost;

    /** @param doing such as {@code "start step 'conv_in'"} */
    void check(int result, String doing) {
        if (result == 0) {
            return;
        }
        String name = name(result);
        if (!FATAL.contains(result)) {
            throw new MixdqException("The GPU could not " + doing + ": " + name + ".");
        }
        if (lost == null) {
            lost = name;
            throw new MixdqException("The GPU failed with " + name + " before or while it was to " + doing
                    + ", and what was on it is lost: start the program again; with " + DriverDevice.STEPWISE
                    + "=1 in the environment it waits for each step and names the one that fails.");
        }
        throw new MixdqException("The GPU cannot " + doing + ": it is lost since " + lost + ".");
    }

    /** Whether it is of no use to free anything: the process' end does. */
    boolean lost() {
        return lost != null;
    }

    static String name(int result) {
        try (PointerPointer<BytePointer> text = new PointerPointer<>(1)) {
            BytePointer name = cuGetErrorName(result, text) == 0 ? text.get(BytePointer.class, 0) : null;
            return (name == null ? "an unknown error" : name.getString()) + " (" + result + ")";
        }
    }
}
