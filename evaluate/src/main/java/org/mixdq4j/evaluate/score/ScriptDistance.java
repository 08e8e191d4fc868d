package org.mixdq4j.evaluate.score;

import java.util.List;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.exec.Script;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/** A TorchScript that takes two pictures, F32 [1, 3, H, W] in -1..1, and returns one number, as LPIPS does. */
public final class ScriptDistance implements PictureDistance {
    private final Script script;

    /** @param script closed with this */
    public ScriptDistance(Script script) {
        this.script = script;
    }

    @Override
    public double between(Tensor a, Tensor b) {
        Tensor out = script.run(List.of(one(a), one(b)));
        if (out.shape().elements() != 1) {
            throw new MixdqException("The distance of two pictures came as " + out
                    + ", expected one number; wrap the TorchScript in a module that returns it.");
        }
        return out.toFloatArray()[0];
    }

    private static Tensor one(Tensor picture) {
        Shape shape = picture.shape();
        return picture.reshape(1, shape.dim(0), shape.dim(1), shape.dim(2));
    }

    @Override
    public void close() {
        script.close();
    }
}
