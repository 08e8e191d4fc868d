package org.mixdq4j.evaluate.score;

import java.nio.ByteBuffer;
import org.mixdq4j.core.image.RgbImage;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/** Pictures as PyTorch holds them: a plane a colour. */
public final class Planes {
    private Planes() {}

    /** F32 [3, H, W] in -1..1: byte / 127.5 - 1. */
    public static Tensor signed(RgbImage picture) {
        int pixels = picture.width() * picture.height();
        float[] out = new float[3 * pixels];
        for (int i = 0; i < out.length; i++) {
            out[i % 3 * pixels + i / 3] = (picture.rgb()[i] & 0xff) / 127.5f - 1;
        }
        return Tensor.of(Shape.of(3, picture.height(), picture.width()), out);
    }

    /** U8 [3, H, W]. */
    public static Tensor bytes(RgbImage picture) {
        int pixels = picture.width() * picture.height();
        Tensor out = Tensor.zeros(DType.U8, Shape.of(3, picture.height(), picture.width()));
        ByteBuffer buffer = out.buffer();
        for (int i = 0; i < 3 * pixels; i++) {
            buffer.put(i % 3 * pixels + i / 3, picture.rgb()[i]);
        }
        return out;
    }
}
