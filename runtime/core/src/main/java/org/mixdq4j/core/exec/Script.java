package org.mixdq4j.core.exec;

import java.util.List;
import org.mixdq4j.core.tensor.Tensor;

/**
 * A network somebody else built and saved as TorchScript, ready to run: for judges of pictures (LPIPS, Inception), not
 * for models to quantize. Not for use by several threads at once. Holds native memory until closed.
 */
public interface Script extends AutoCloseable {
    /**
     * Calls the module's {@code forward} in inference mode.
     *
     * @param inputs its arguments, in order
     * @return what it returns, a tensor the caller owns
     * @throws org.mixdq4j.core.error.MixdqException if the module refuses the inputs or returns anything but one tensor
     */
    Tensor run(List<Tensor> inputs);

    @Override
    void close();
}
