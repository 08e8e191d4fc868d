package org.mixdq4j.cuda.gemm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mixdq4j.cuda.OneStep;
import org.mixdq4j.cuda.device.DeviceInfo;
import org.mixdq4j.cuda.device.Geometry;

class TilesTest {
    private static final Form BYTES = new Form(0, 8, 0);
    private static final DeviceInfo SMALL = new DeviceInfo("sm_86", 8, 6, 82, 101376, 6L << 20);
    private static final DeviceInfo BLACKWELL = new DeviceInfo("sm_100", 10, 0, 148, 232448, 126L << 20);

    /** What was the fastest of these tiles on an H200, or within 5 % of it. */
    @ParameterizedTest
    @CsvSource({
        "1024, 640, 640, wgmma 64x64 s4",
        "1024, 5120, 640, wgmma 128x128 s3",
        "256, 1280, 1280, wgmma 64x64 s6",
        "256, 10240, 1280, wgmma 128x128 s3",
        "256, 1280, 5120, wgmma 128x64 s4 split4",
        "1024, 1280, 5120, wgmma 128x128 s6",
        "4096, 6144, 1536, wgmma 128x128 s3",
        "77, 640, 2048, wgmma 128x64 s4 split4"
    })
    void takesWhatWasFastOnHopper(int m, int n, int k, String tile) {
        assertThat(Tiles.ranked(new Size(m, n, k), BYTES, OneStep.HOPPER).get(0))
                .hasToString(tile);
    }

    @Test
    void splitsOnlyWholeNumbersAndWhereBlocksFormClusters() {
        Size size = new Size(77, 640, 2048);
        assertThat(Tiles.ranked(size, BYTES, BLACKWELL)).anyMatch(tile -> tile.split() > 1);
        assertThat(Tiles.ranked(size, BYTES, OneStep.AMPERE)).allMatch(tile -> tile.split() == 1);
        for (DeviceInfo info : List.of(OneStep.HOPPER, OneStep.AMPERE, BLACKWELL)) {
            assertThat(Tiles.ranked(size, Form.floats(1), info))
                    .isNotEmpty()
                    .allMatch(tile -> tile.split() == 1 && !tile.wgmma());
        }
    }

    @Test
    void fitsSharedMemory() {
        for (Form form : List.of(BYTES, new Form(0, 4, 32), Form.floats(2))) {
            for (DeviceInfo info : List.of(SMALL, OneStep.AMPERE, OneStep.HOPPER)) {
                assertThat(Tiles.ranked(new Size(1024, 1280, 1280), form, info))
                        .hasSizeGreaterThanOrEqualTo(2)
                        .allMatch(tile -> tile.sharedBytes(form) <= info.sharedBytes());
            }
        }
    }

    @Test
    void coversTheResultWithBlocks() {
        Tile tile = Tile.wgmma(128, 64, 4, 4);
        assertThat(tile.geometry(new Size(129, 65, 512), BYTES, true))
                .isEqualTo(new Geometry(2, 2, 4, 160, 1024 + 4 * (128 * 128 + 64 * 128 + 16), true));
    }
}
