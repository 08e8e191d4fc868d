package org.mixdq4j.cpu.product;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RowCutTest {
    private static final int UNIT = 64;

    @ParameterizedTest
    @CsvSource({
        "256, 1280, 1280", "256, 1280, 3840", "256, 5120, 1280", "1024, 640, 640", "1024, 2560, 640", "4096, 320, 320",
        "77, 2048, 640", "1, 1280, 1280", "333, 1536, 6144", "7, 20000, 650", "1031, 130, 66", "600, 100, 5"
    })
    void eachRowAndOutputIsInOneBlock(int rows, int channels, int outputs) {
        RowCut cut = RowCut.of(rows, channels, outputs, UNIT);
        assertThat(cut.rowBlock() * cut.rowBlocks()).isEqualTo(rows);
        int at = 0;
        int blocks = 0;
        for (RowCut.Group group : cut.groups()) {
            assertThat(group.from()).isEqualTo(at);
            assertThat(group.width()).isPositive();
            assertThat(group.from() + group.blocks() * group.width()).isEqualTo(group.to());
            assertThat(group.to() == outputs || group.width() % UNIT == 0).isTrue();
            assertThat(group.width() <= UNIT || (long) group.width() * channels <= 1 << 20)
                    .isTrue();
            at = group.to();
            blocks += group.blocks();
        }
        assertThat(at).isEqualTo(outputs);
        assertThat(cut.parts()).isEqualTo(blocks * cut.rowBlocks());
    }

    @Test
    void blocksOfOutputsAreThoseOfOtherRows() {
        assertThat(RowCut.of(4096, 640, 1920, UNIT).groups())
                .isEqualTo(RowCut.of(77, 640, 1920, UNIT).groups());
    }

    @Test
    void narrowBlocksComeLast() {
        assertThat(RowCut.of(256, 1280, 1280, UNIT).groups())
                .isEqualTo(List.of(new RowCut.Group(0, 1024, 128), new RowCut.Group(1024, 1280, 64)));
    }
}
