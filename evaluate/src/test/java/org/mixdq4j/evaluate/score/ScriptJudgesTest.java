package org.mixdq4j.evaluate.score;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.exec.Script;
import org.mixdq4j.core.image.RgbImage;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/** What TorchScript judges are called with, and what they may return. */
class ScriptJudgesTest {
    /** Two pixels: red 0, green 255, blue 51; then 1, 2, 3. */
    private static final RgbImage PICTURE = new RgbImage(2, 1, new byte[] {0, (byte) 255, 51, 1, 2, 3});

    private final List<Tensor> given = new ArrayList<>();
    private boolean closed;

    private Script script(Function<List<Tensor>, Tensor> body) {
        return new Script() {
            @Override
            public Tensor run(List<Tensor> inputs) {
                given.addAll(inputs);
                return body.apply(inputs);
            }

            @Override
            public void close() {
                closed = true;
            }
        };
    }

    @Test
    void distanceIsGivenTwoSignedPictures() {
        try (PictureDistance distance = new ScriptDistance(script(in -> Tensor.of(Shape.of(1, 1, 1, 1), 0.25f)))) {
            Tensor signed = Planes.signed(PICTURE);
            assertThat(distance.between(signed, signed)).isEqualTo(0.25);
        }
        assertThat(given).hasSize(2).allSatisfy(tensor -> {
            assertThat(tensor.shape()).isEqualTo(Shape.of(1, 3, 1, 2));
            assertThat(tensor.toFloatArray())
                    .containsExactly(-1, 1 / 127.5f - 1, 1, 2 / 127.5f - 1, 51 / 127.5f - 1, 3 / 127.5f - 1);
        });
        assertThat(closed).isTrue();
    }

    @Test
    void distanceMustBeOneNumber() {
        PictureDistance distance = new ScriptDistance(script(in -> Tensor.of(Shape.of(2), 1, 2)));
        Tensor signed = Planes.signed(PICTURE);
        assertThatThrownBy(() -> distance.between(signed, signed))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("came as F32[2], expected one number");
    }

    @Test
    void featuresAreMadeOfBytes() {
        PictureFeatures features = new ScriptFeatures("f.pt", script(in -> Tensor.of(Shape.of(1, 3), 1, 2, 3)));
        assertThat(features.features(PICTURE)).containsExactly(1, 2, 3);
        assertThat(given.get(0).dtype()).isEqualTo(DType.U8);
        assertThat(given.get(0).shape()).isEqualTo(Shape.of(1, 3, 1, 2));
        byte[] bytes = new byte[6];
        given.get(0).buffer().get(bytes);
        assertThat(bytes).containsExactly(0, 1, 255, 2, 51, 3);
    }

    @Test
    void featuresMustBeARow() {
        PictureFeatures features = new ScriptFeatures("f.pt", script(in -> Tensor.of(Shape.of(1, 3, 1, 1), 1, 2, 3)));
        assertThatThrownBy(() -> features.features(PICTURE))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("f.pt made F32[1, 3, 1, 1] of one picture, expected [1, features]");
    }
}
