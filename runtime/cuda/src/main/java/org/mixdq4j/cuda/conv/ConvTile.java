package org.mixdq4j.cuda.conv;

import java.util.Map;
import java.util.TreeMap;
import org.mixdq4j.cuda.device.DeviceInfo;
import org.mixdq4j.cuda.device.Geometry;

/**
 * What a block of a convolution computes, and how.
 *
 * @param wgmma {@code conv_wgmma.cu}, else {@code conv_mma.cu}
 * @param bm pixels
 * @param bn outputs
 * @param bk bytes of K a stage
 * @param warpsM warps along the pixels; wgmma: warpgroups
 * @param warpsN warps along the outputs
 * @param splits blocks that share its products
 * @param resident wgmma: blocks on a multiprocessor
 */
record ConvTile(boolean wgmma, int bm, int bn, int bk, int warpsM, int warpsN, int stages, int splits, int resident) {
    private static final int LARGEST_TILE_WIDTH = 64;
    private static final int WARPGROUP = 128;
    private static final int WARP = 32;
    private static final int PAD = 8;

    static ConvTile wgmma(int warpgroups, int bn, int bk, int stages, int resident) {
        return new ConvTile(true, 64 * warpgroups, bn, bk, warpgroups, 1, stages, 1, resident);
    }

    static ConvTile mma(int bm, int bn, int bk, int warpsM, int warpsN, int stages) {
        return new ConvTile(false, bm, bn, bk, warpsM, warpsN, stages, 1, 1);
    }

    ConvTile withSplits(int parts) {
        return new ConvTile(wgmma, bm, bn, bk, warpsM, warpsN, stages, parts, resident);
    }

    ConvTile withStages(int count) {
        return new ConvTile(wgmma, bm, bn, bk, warpsM, warpsN, count, splits, resident);
    }

    int threads() {
        return wgmma ? WARPGROUP * warpsM + WARP : WARP * warpsM * warpsN;
    }

    /** Of shared memory. @param packed whether weights are 4-bit codes */
    int sharedBytes(int segments, boolean packed) {
        int all = stages * (bm * bk + (packed ? bn * bk / 2 : bn * bk));
        int sums = bm * (bn + PAD) * Integer.BYTES;
        boolean both = segments == 2 && splits == 1;
        if (wgmma) {
            return both ? all + sums : Math.max(all, sums);
        }
        return Math.max(all, both ? 2 * sums : sums);
    }

    /** Pixels of the tile along x; wgmma. */
    int width(int outWidth) {
        return Math.min(Math.min(powerOfTwo(outWidth), bm), LARGEST_TILE_WIDTH);
    }

    /** Pixels of the tile along y; wgmma. */
    int height(int outWidth, int outHeight) {
        return Math.min(powerOfTwo(outHeight), bm / width(outWidth));
    }

    /** Images that a tile reaches over; wgmma. */
    int images(int outWidth, int outHeight) {
        return bm / width(outWidth) / height(outWidth, outHeight);
    }

    private static int powerOfTwo(int least) {
        return least <= 1 ? 1 : Integer.highestOneBit(least - 1) << 1;
    }

    /** Tiles of pixels. */
    long pixelTiles(ConvShape shape) {
        if (!wgmma) {
            return (shape.pixels() + bm - 1) / bm;
        }
        int images = images(shape.outWidth(), shape.outHeight());
        return (long) ceil(shape.outWidth(), width(shape.outWidth()))
                * ceil(shape.outHeight(), height(shape.outWidth(), shape.outHeight()))
                * ceil(shape.batch(), images);
    }

    /** Tiles of outputs. */
    int outputTiles(ConvShape shape) {
        return ceil(shape.outputs(), bn);
    }

    long tiles(ConvShape shape) {
        return pixelTiles(shape) * outputTiles(shape);
    }

    /** Stages of K of a segment. */
    int depth(ConvShape shape, int segment) {
        int bytes = shape.bytes().get(segment);
        return wgmma ? shape.taps() * ceil(bytes, bk) : ceil(shape.taps() * bytes, bk);
    }

    static int ceil(int count, int each) {
        return (count + each - 1) / each;
    }

    Geometry geometry(ConvShape shape, boolean packed, DeviceInfo info) {
        return new Geometry(
                outputTiles(shape),
                Math.toIntExact(pixelTiles(shape)),
                splits,
                threads(),
                sharedBytes(shape.bytes().size(), packed),
                info.clusters());
    }

    Map<String, Object> defines() {
        Map<String, Object> defines = new TreeMap<>();
        defines.put("BN", bn);
        defines.put("BK", bk);
        defines.put("STAGES", stages);
        defines.put("SPLITS", splits);
        if (wgmma) {
            defines.put("WGS", warpsM);
            defines.put("MIN_BLOCKS", resident);
        } else {
            defines.put("BM", bm);
            defines.put("WARPS_M", warpsM);
            defines.put("WARPS_N", warpsN);
        }
        return defines;
    }
}
