package org.mixdq4j.cpu.onednn;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.mixdq4j.core.quant.AffineParams;
import org.mixdq4j.core.tensor.Shape;

/** A value is quantized once for the layers that read it, and again when its integers are gone. */
class SharedActivationTest {
    private static final Shape SHAPE = Shape.of(1, 2);
    private static final List<QuantizedActivation.Part> PARTS =
            List.of(new QuantizedActivation.Part(0, 2, AffineParams.ofRange(0, 255, 8)));
    private final Workspace workspace = new Workspace();
    private final SharedActivation shared = new SharedActivation(SHAPE, PARTS, workspace);
    private final SharedActivation other = new SharedActivation(SHAPE, PARTS, workspace);
    private final Object value = new Object();
    private int asked;

    @AfterEach
    void close() {
        shared.close();
        other.close();
        workspace.close();
    }

    @Test
    void oneValueIsQuantizedOnce() {
        shared.of(value, elements(3, 4));
        assertThat(levels(shared.of(value, elements(8, 9)))).containsExactly(3, 4);
        assertThat(asked).isEqualTo(1);
    }

    @Test
    void anotherValueIsQuantizedAnew() {
        shared.of(value, elements(3, 4));
        assertThat(levels(shared.of(new Object(), elements(8, 9)))).containsExactly(8, 9);
    }

    @Test
    void integersThatAnotherInputOverwroteAreMadeAgain() {
        shared.of(value, elements(3, 4));
        other.of(new Object(), elements(8, 9));
        assertThat(levels(shared.of(value, elements(3, 4)))).containsExactly(3, 4);
        assertThat(asked).isEqualTo(3);
    }

    @Test
    void integersInMemoryOfTheirOwnOutliveOtherInputs() {
        shared.keepBetweenLayers();
        shared.of(value, elements(3, 4));
        other.of(new Object(), elements(8, 9));
        assertThat(levels(shared.of(value, elements(1, 1)))).containsExactly(3, 4);
        assertThat(asked).isEqualTo(2);
    }

    private Supplier<ByteBuffer> elements(float... elements) {
        return () -> {
            asked++;
            ByteBuffer buffer =
                    ByteBuffer.allocateDirect(Float.BYTES * elements.length).order(ByteOrder.LITTLE_ENDIAN);
            buffer.asFloatBuffer().put(elements);
            return buffer;
        };
    }

    private static byte[] levels(QuantizedActivation activation) {
        byte[] levels = new byte[2];
        activation.levels(0).get(levels);
        return levels;
    }
}
