package org.mixdq4j.cuda.gemm;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mixdq4j.cuda.OneStep;
import org.mixdq4j.cuda.device.DeviceInfo;
import org.mixdq4j.cuda.device.host.HostDevice;
import org.mixdq4j.cuda.device.host.Twin;
import org.mixdq4j.cuda.program.Families;

class MeasuredTilesTest {
    private static final Size SIZE = new Size(9, 128, 256);

    @TempDir
    private Path folder;

    /** Twins that take time where a tile is not 64 outputs wide. */
    private static HostDevice device(AtomicInteger runs) {
        Twin twin = (memory, kernel, geometry, parameters) -> {
            runs.incrementAndGet();
            long until = System.nanoTime() + (kernel.number("TM") == 64 ? 0 : 300_000);
            while (System.nanoTime() < until) {
                Thread.onSpinWait();
            }
        };
        return new HostDevice(OneStep.HOPPER, Map.of("gemmWgmma", twin, "gemmMma", twin));
    }

    @Test
    void takesTheFastestOnceAndRemembersIt() throws Exception {
        Form form = new Form(0, 8, 0);
        List<Tile> candidates =
                List.of(Tile.wgmma(128, 128, 3, 1), Tile.wgmma(64, 64, 4, 1), Tile.wgmma(64, 128, 4, 1));
        Path file = folder.resolve("cache/tiles.txt");
        AtomicInteger runs = new AtomicInteger();
        try (HostDevice device = device(runs)) {
            MeasuredTiles measured = new MeasuredTiles(device, file);
            assertThat(measured.choose(candidates, SIZE, form, device.info())).isEqualTo(candidates.get(1));
            int afterSearch = runs.get();
            assertThat(afterSearch).isPositive();
            assertThat(measured.choose(candidates, SIZE, form, device.info())).isEqualTo(candidates.get(1));
            assertThat(new MeasuredTiles(device, file).choose(candidates, SIZE, form, device.info()))
                    .isEqualTo(candidates.get(1));
            assertThat(runs.get()).isEqualTo(afterSearch);
            assertThat(device.blocks()).isZero();
            measured.choose(candidates, new Size(10, 128, 256), form, device.info());
            assertThat(runs.get()).isGreaterThan(afterSearch);
        }
        assertThat(Files.readAllLines(file)).hasSize(2).allMatch(line -> line.endsWith("= wgmma 64x64 s4"));
    }

    @Test
    void measuresAgainWhereTheFileIsDamaged() throws Exception {
        Path file = folder.resolve("tiles.txt");
        Files.write(file, new byte[] {(byte) 0xff, '=', (byte) 0xfe, '\n'});
        List<Tile> candidates = List.of(Tile.wgmma(128, 128, 3, 1), Tile.wgmma(64, 64, 4, 1));
        try (HostDevice device = device(new AtomicInteger())) {
            Tile tile = new MeasuredTiles(device, file).choose(candidates, SIZE, new Form(0, 4, 32), device.info());
            assertThat(tile).isEqualTo(candidates.get(1));
        }
    }

    /** What twins want of arguments, maps and memory is what kernels want. */
    @Test
    void launchesAsTheNetworkDoes() throws Exception {
        Path file = folder.resolve("tiles.txt");
        int size = 0;
        for (DeviceInfo info : List.of(OneStep.HOPPER, OneStep.AMPERE)) {
            for (Form form : List.of(new Form(0, 8, 0), new Form(0, 4, 0), new Form(0, 4, 32), Form.floats(1))) {
                try (HostDevice device = new HostDevice(info, Families.twins())) {
                    List<Tile> candidates = Tiles.ranked(new Size(3, 68, 128), form, info);
                    MeasuredTiles measured = new MeasuredTiles(device, file);
                    assertThat(measured.choose(candidates, new Size(3, 68, 128), form, info))
                            .isIn(candidates.subList(0, 3));
                    assertThat(device.blocks()).isZero();
                }
                assertThat(Files.readAllLines(file)).hasSize(++size);
            }
        }
    }
}
