package org.mixdq4j.cpu.product;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class GatedProductTest {
    private static final int UNIT = 64;

    @Test
    void rowsAreDividedEvenlyOrNotAtAll() {
        assertThat(GatedProduct.Shape.of(1024, 640, 5120, UNIT).rowBlock()).isEqualTo(256);
        assertThat(GatedProduct.Shape.of(300, 64, 256, UNIT).rowBlock()).isEqualTo(150);
        assertThat(GatedProduct.Shape.of(77, 64, 256, UNIT).rowBlock()).isEqualTo(77);
        // 7 times 37: 37 at a time are too few.
        assertThat(GatedProduct.Shape.of(259, 64, 256, UNIT).rowBlock()).isEqualTo(259);
    }

    @Test
    void blocksCoverAllValues() {
        for (int values = UNIT; values <= 80 * UNIT; values += UNIT) {
            GatedProduct.Shape shape = GatedProduct.Shape.of(256, 1280, 2 * values, UNIT);
            assertThat(shape.blocks() * shape.width()).isEqualTo(values);
            assertThat(shape.width()).isBetween(UNIT, 256);
        }
        assertThat(GatedProduct.Shape.of(256, 1280, 10240, UNIT).width()).isEqualTo(256);
        assertThat(GatedProduct.Shape.of(256, 20480, 10240, UNIT).width()).isEqualTo(UNIT);
    }
}
