package org.mixdq4j.evaluate.score;

import java.util.List;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.exec.Script;
import org.mixdq4j.core.image.RgbImage;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/**
 * A TorchScript that takes a picture, U8 [1, 3, H, W] in 0..255 and of any size, and returns its features [1, F]. The
 * Inception files in use take such pictures but return class probabilities unless called with
 * {@code return_features=True}: wrap them in a module that does.
 */
public final class ScriptFeatures implements PictureFeatures {
    private final String name;
    private final Script script;

    /** @param name of the file. @param script closed with this */
    public ScriptFeatures(String name, Script script) {
        this.name = name;
        this.script = script;
    }

    @Override
    public String description() {
        return "output of " + name;
    }

    @Override
    public float[] features(RgbImage picture) {
        Tensor out = script.run(List.of(Planes.bytes(picture).reshape(1, 3, picture.height(), picture.width())));
        Shape shape = out.shape();
        if (shape.rank() != 2 || shape.dim(0) != 1) {
            throw new MixdqException("The TorchScript " + name + " made " + out
                    + " of one picture, expected [1, features]" + "; wrap it in a module that returns them.");
        }
        return out.toFloatArray();
    }

    @Override
    public void close() {
        script.close();
    }
}
