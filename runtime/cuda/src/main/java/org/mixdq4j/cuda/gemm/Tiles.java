package org.mixdq4j.cuda.gemm;

import java.util.Comparator;
import java.util.List;
import org.mixdq4j.cuda.device.DeviceInfo;

/**
 * The tiles there are, and which one to take. The choice is the least of estimated times: one for a launch, more for each wave of
 * blocks, for each stage in a wave, and for each stage of all (which is what memory takes). The coefficients are fitted to times
 * on an H200 of 27 products of SDXL's and SD3's networks, M 77 to 4096: of the tiles here the one that is estimated to be the fastest
 * is 2 % (wgmma) and 0.3 % (mma) slower than the fastest on average, 15 % at worst. Times on other GPUs were not measured.
 */
final class Tiles {
    private static final int STAGE = 128;

    /**
     * A tile and what it costs.
     *
     * @param most blocks that registers let a multiprocessor hold
     */
    private record Cost(Tile tile, int most, double launch, double wave, double step, double memory) {
        double estimate(Size size, Form form, DeviceInfo info) {
            int held = Math.max(1, Math.min(most, info.sharedBytes() / tile.sharedBytes(form)));
            double waves = (double) Tile.blocks(size.m(), tile.tokens())
                    * Tile.blocks(size.n(), tile.outputs())
                    * tile.split()
                    / ((long) info.multiprocessors() * held);
            double steps = (double) Tile.blocks(size.k(), STAGE) / tile.split();
            return launch + Math.ceil(waves) * (wave + step * steps) + waves * memory * steps;
        }
    }

    private static final List<Cost> WGMMA = List.of(
            new Cost(Tile.wgmma(128, 128, 3, 1), 2, 1.947, 1.273, .394, .440),
            new Cost(Tile.wgmma(128, 128, 6, 1), 1, .068, 2.737, .274, .098),
            new Cost(Tile.wgmma(64, 64, 6, 1), 2, .415, 1.545, .148, .185),
            new Cost(Tile.wgmma(64, 64, 4, 1), 3, 0, 1.668, .217, .226),
            new Cost(Tile.wgmma(64, 128, 4, 1), 2, .519, 1.637, .237, .226),
            new Cost(Tile.wgmma(128, 64, 4, 4), 2, .013, 3.998, 0, .718));

    private static final List<Cost> MMA = List.of(
            new Cost(Tile.mma(64, 128, 3, 1, 128, 2, 2), 3, 2.175, .428, .634, 1.081),
            new Cost(Tile.mma(64, 64, 4, 1, 128, 2, 2), 3, 1.710, .700, .480, .585),
            new Cost(Tile.mma(128, 128, 4, 1, 64, 2, 2), 2, 1.331, 1.601, 1.274, .734),
            new Cost(Tile.mma(64, 128, 3, 2, 128, 2, 2), 3, 1.780, 2.968, .553, 1.069),
            new Cost(Tile.mma(64, 64, 4, 4, 128, 2, 2), 3, 1.539, 3.245, .103, 1.009));

    private Tiles() {}

    /** All that a device can run for weights of a form, the one with the least estimated time first. */
    static List<Tile> ranked(Size size, Form form, DeviceInfo info) {
        List<Cost> costs = info.hopper() && form.integer() ? WGMMA : MMA;
        return costs.stream()
                .filter(cost -> cost.tile().sharedBytes(form) <= info.sharedBytes())
                .filter(cost -> cost.tile().split() == 1 || form.integer() && info.clusters())
                .sorted(Comparator.comparingDouble(cost -> cost.estimate(size, form, info)))
                .map(Cost::tile)
                .toList();
    }
}
