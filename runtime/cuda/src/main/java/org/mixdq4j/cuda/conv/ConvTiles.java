package org.mixdq4j.cuda.conv;

import org.mixdq4j.cuda.device.DeviceInfo;

/**
 * Which tile a convolution takes: the rule that came within 8 % of the best of all tiles (15 % in one shape) where they were
 * timed with levels, on an H200. Tiles of {@code conv_mma.cu} were timed there too, not on the devices that take them.
 */
final class ConvTiles {
    /** Operations from which on large tiles pay. */
    private static final double LARGE = 4e9;

    private static final int DEEP = 128;
    private static final int SHALLOW = 64;
    /** Shared memory that kernels have besides the stages, with what aligns those. */
    private static final int OWN_BYTES = 1024;
    /** Stages of K that a part has at least. */
    private static final int LEAST_DEPTH = 2;

    private ConvTiles() {}

    /**
     * For levels. For halves the tile of one sample: the parts that K is cut into say in which order floats are added, and bits
     * must not depend on the batch.
     */
    static ConvTile choose(ConvShape shape, DeviceInfo info) {
        ConvShape sized = shape.elements() == 0 ? shape : shape.one();
        boolean wgmma = info.hopper() && shape.each() > 1 && shape.stride() <= 2;
        boolean large = sized.operations() >= LARGE;
        ConvTile tile = wgmma ? wgmma(sized, large, info) : mma(sized, large);
        tile = tile.withSplits(splits(tile, sized, info));
        if (!wgmma && large && shape.bytes().size() > 1 && tile.splits() == 1) {
            // Sums of two segments do not fit the registers of a large tile.
            tile = mma(sized, false);
        }
        int most = info.sharedBytes() - OWN_BYTES;
        while (tile.sharedBytes(shape.bytes().size(), false) > most && tile.stages() > 2) {
            tile = tile.withStages(tile.stages() - 1);
        }
        return tile;
    }

    private static ConvTile wgmma(ConvShape shape, boolean large, DeviceInfo info) {
        boolean shallow = shape.bytes().stream().allMatch(bytes -> bytes <= SHALLOW);
        int bk = shallow ? SHALLOW : DEEP;
        if (large) {
            return ConvTile.wgmma(2, outputs(shape, 160, 128), bk, shallow ? 8 : 5, 1);
        }
        if (outputs(shape, 80, 64) == 64) {
            return ConvTile.wgmma(2, 64, bk, 5, 1);
        }
        ConvTile small = ConvTile.wgmma(1, 80, bk, 6, 1);
        return small.tiles(shape) > info.multiprocessors()
                ? ConvTile.wgmma(2, 80, bk, 4, shape.bytes().size() == 1 ? 2 : 1)
                : small;
    }

    private static ConvTile mma(ConvShape shape, boolean large) {
        return large
                ? ConvTile.mma(128, outputs(shape, 160, 128), SHALLOW, 2, 4, 4)
                : ConvTile.mma(64, outputs(shape, 80, 64), DEEP, 2, 2, 4);
    }

    /** The width that computes fewer outputs for nothing. */
    private static int outputs(ConvShape shape, int wide, int narrow) {
        int byWide = ConvTile.ceil(shape.outputs(), wide) * wide;
        int byNarrow = ConvTile.ceil(shape.outputs(), narrow) * narrow;
        return byWide <= byNarrow ? wide : narrow;
    }

    /** Enough parts to keep most of the machine at work; clusters of many blocks do not fill it. */
    private static int splits(ConvTile tile, ConvShape shape, DeviceInfo info) {
        if (shape.each() == 1) {
            return 1;
        }
        long tiles = tile.tiles(shape);
        int all = info.multiprocessors();
        int wanted = tiles > all / 2
                ? 1
                : tiles > all / 4 ? 2 : tiles > all / 8 ? (tile.wgmma() ? 3 : 4) : (tile.wgmma() ? 6 : 8);
        int depth = 0;
        for (int i = 0; i < shape.bytes().size(); i++) {
            depth += tile.depth(shape, i);
        }
        return Math.max(1, Math.min(wanted, depth / LEAST_DEPTH));
    }

    /** Of the parts those that the first segment's products are cut into. */
    static int firstSplits(ConvTile tile, ConvShape shape) {
        if (shape.bytes().size() == 1 || tile.splits() == 1) {
            return tile.splits();
        }
        long share = Math.round((double) tile.splits() * shape.bytes().get(0) / shape.allBytes());
        return (int) Math.max(1, Math.min(tile.splits() - 1, share));
    }
}
