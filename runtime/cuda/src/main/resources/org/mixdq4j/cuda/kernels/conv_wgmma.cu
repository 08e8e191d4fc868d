// Convolution as implicit GEMM for sm_90a: the same sums as conv_mma.cu by wgmma, tiles fetched by the tensor copy engine.
// A K tile of the input is a box [BK bytes, tileWidth, tileHeight, images] shifted by the tap: taps outside the image arrive as zeros,
// so no border is stored and no address computed. One warp copies, WGS warpgroups multiply. SPLITS > 1: the blocks of a cluster share a
// tile's products and add their sums through shared memory.
//
// grid (ceil(outputs / BN), tiles of pixels, SPLITS), block 128 * WGS + 32; dynamic shared memory: the larger of
// STAGES * (BM + BN) * BK and S = BM * (BN + 8) * 4; the sum of both where SEGMENTS is 2 and SPLITS 1.
//   BN (of wgmma.cuh) BK (64 or 128) WGS (BM = 64 * WGS) STAGES SPLITS (up to 8) MIN_BLOCKS UNPACKED, and those of conv.cuh (EACH 8)
// The BM pixels of a tile are tileWidth x tileHeight x images, powers of two.
// Tensor maps (u8 whatever the elements, no interleave, swizzle of BK bytes, zeros outside):
//   input  dimensions {bytes of a pixel, width, height, batch}, box {BK, tileWidth * STRIDE, tileHeight * STRIDE, images},
//          element strides {1, STRIDE, STRIDE, 1}
//   weight dimensions {bytes of a pixel, TAPS, outputs}, box {BK, 1, BN}
#include "conv.cuh"
#include "wgmma.cuh"

#ifndef UNPACKED
#define UNPACKED 0  // 1: the kernel before writes the weights
#endif
#ifndef MIN_BLOCKS
#define MIN_BLOCKS 1  // resident on a multiprocessor: one's products hide the other's start and end
#endif

struct TiledConvArgs {
    TensorMap input[2], weight[2];
    ConvArgs conv;
    int tileWidthLog2, tileHeightLog2;
};

constexpr int BM = 64 * WGS, CONSUMERS = 128 * WGS, THREADS = CONSUMERS + 32;
constexpr int A_BYTES = BM * BK, STAGE_BYTES = A_BYTES + BN * BK, PITCH = BN + 8;
constexpr int COLUMNS = BN / EACH, ROWS_AT_ONCE = THREADS / COLUMNS;  // of the epilogue
constexpr int TURNS = ((BM + SPLITS - 1) / SPLITS + ROWS_AT_ONCE - 1) / ROWS_AT_ONCE, BATCH = TURNS < 2 ? 1 : TURNS < 4 || MIN_BLOCKS > 1 || THEN > 2 ? 2 : 4;
constexpr bool BOTH_HERE = SEGMENTS == 2 && SPLITS == 1;  // then the first segment's sums wait behind the stages
static_assert(BN % 8 == 0 && EACH == 8, "tile");

// The part of a block's work that reads one segment: K tiles [first, last), numbered tap * chunks + chunk of BK channels.
struct Range {
    int segment, first, last;
};
DEVICE int chunks(const ConvSegment& segment) { return (segment.bytes + BK - 1) / BK; }
DEVICE Range rangeOf(const ConvArgs& args, int segment, int part, int parts) {
    int tiles = TAPS * chunks(args.segment[segment]);
    return {segment, tiles * part / parts, tiles * (part + 1) / parts};
}

// First pixel of the block's tile.
struct Tile {
    int image, y, x;
};
DEVICE Tile tileOf(const TiledConvArgs& tiled, int index) {
    const int w = tiled.tileWidthLog2, h = tiled.tileHeightLog2;
    const int across = (tiled.conv.outWidth + (1 << w) - 1) >> w, down = (tiled.conv.outHeight + (1 << h) - 1) >> h;
    return {index / across / down * (BM >> w >> h), index / across % down << h, index % across << w};
}

// Walks over the K tiles of a range. One thread issues all copies, and its instructions are all there is to hide them behind, so
// nothing here divides: with two divisions a tile the copies, not the products, were the limit.
struct Cursor {
    int segment, left, bytes, c, tap, r, s;
};
DEVICE Cursor cursorAt(const ConvArgs& args, Range range) {
    const int perTap = chunks(args.segment[range.segment]), tap = range.first / perTap;
    return {range.segment, range.last - range.first, args.segment[range.segment].bytes, (range.first - tap * perTap) * BK, tap, tap / KERNEL, tap % KERNEL};
}
DEVICE void advance(Cursor& at) {
    at.left--;
    if ((at.c += BK) < at.bytes) return;
    at.c = 0, at.tap++;
    if (++at.s == KERNEL) at.s = 0, at.r++;
}
DEVICE void copyWeights(const TiledConvArgs& tiled, const Cursor& at, int n0, u32 target, u32 barrier) {
    copyBox3(target, tiled.weight[at.segment], barrier, at.c, at.tap, n0);
}
DEVICE void copyInputs(const TiledConvArgs& tiled, const Cursor& at, Tile tile, u32 target, u32 barrier) {
    copyBox4(target, tiled.input[at.segment], barrier, at.c, tile.x * STRIDE + at.s - tiled.conv.left, tile.y * STRIDE + at.r - tiled.conv.top,
             tile.image);
}

// The ring of stages: which is next, and the parity of its barriers.
struct Ring {
    u32 stage, parity;
};
DEVICE void advance(Ring& ring) {
    if (++ring.stage == STAGES) ring.stage = 0, ring.parity ^= 1;
}

// A warpgroup multiplies the K tiles of a range.
DEVICE void consume(Sum (&acc)[BN / 2], Range range, Ring& ring, u32 base, u32 full, u32 empty) {
    const u64 a0 = matrixDescriptor(base + threadIdx.x / 128 * 64 * BK), b0 = matrixDescriptor(base + A_BYTES);
    const bool first = threadIdx.x % 128 == 0;
    u32 before = 0;
    for (int k = range.first; k < range.last; k++) {
        const u64 offset = ring.stage * (STAGE_BYTES >> 4);
        await(full + 8 * ring.stage, ring.parity);
        wgmmaFence();
#pragma unroll
        for (int step = 0; step < BK / 32; step++) multiplyAsync<BN>(acc, a0 + offset + step * 2, b0 + offset + step * 2);
        wgmmaCommit();
        wgmmaWait<1>();  // the tile before is used up
        if (k > range.first && first) arrive(before);
        before = empty + 8 * ring.stage;
        advance(ring);
    }
    wgmmaWait<0>();
    if (range.last > range.first && first) arrive(before);
}

// Writes a warpgroup's fragments into the block's tile of sums [BM][PITCH].
DEVICE void storeSums(int* tile, const Sum (&acc)[BN / 2]) {
    const int thread = threadIdx.x, row = thread / 32 * 16 + thread % 32 / 4, column = thread % 4 * 2;
#pragma unroll
    for (int i = 0; i < BN / 4; i++)
        *reinterpret_cast<TwoSums*>(tile + (row + i % 2 * 8) * PITCH + column + i / 2 * 8) = {acc[2 * i], acc[2 * i + 1]};
}

extern "C" __global__ void
#if SPLITS > 1
__cluster_dims__(1, 1, SPLITS)
#endif
__launch_bounds__(THREADS, MIN_BLOCKS) convWgmma(const __grid_constant__ TiledConvArgs tiled) {
    extern __shared__ __align__(1024) unsigned char shared[];
    __shared__ __align__(8) u64 barriers[2 * STAGES];
    const ConvArgs& args = tiled.conv;
    const int thread = threadIdx.x, n0 = blockIdx.x * BN;
    const Tile tile = tileOf(tiled, blockIdx.y);
    const u32 base = sharedAddress(shared), full = sharedAddress(barriers), empty = full + 8 * STAGES;
    int* sums = reinterpret_cast<int*>(shared);

    Range ranges[SEGMENTS];
    if (SPLITS == 1) {
#pragma unroll
        for (int s = 0; s < SEGMENTS; s++) ranges[s] = rangeOf(args, s, 0, 1);
    } else {
        bool second = SEGMENTS == 2 && blockIdx.z >= args.segment[0].splits;
        ranges[0] = second ? rangeOf(args, 1, blockIdx.z - args.segment[0].splits, args.segment[1].splits)
                           : rangeOf(args, 0, blockIdx.z, args.segment[0].splits);
        if (SEGMENTS == 2) ranges[SEGMENTS - 1] = {1, 0, 0};
    }

    if (thread >= CONSUMERS && thread < CONSUMERS + SEGMENTS)
        prefetchMap(tiled.input[thread - CONSUMERS]), prefetchMap(tiled.weight[thread - CONSUMERS]);
    if (thread == 0) {
        for (int i = 0; i < STAGES; i++) initBarrier(full + 8 * i, 1), initBarrier(empty + 8 * i, WGS);
        barriersReady();
    }
    letNextStart();
    __syncthreads();

    Sum acc[BN / 2] = {};
    if (thread >= CONSUMERS) {
        if (thread == CONSUMERS) {
            // Weights do not depend on the kernel before: those of the first stages are fetched while it still runs.
            Cursor at = cursorAt(args, ranges[0]);
            int early = 0;
            for (; at.left > 0 && early < (UNPACKED ? 0 : STAGES); early++, advance(at)) {
                expectBytes(full + 8 * early, STAGE_BYTES);
                copyWeights(tiled, at, n0, base + early * STAGE_BYTES + A_BYTES, full + 8 * early);
            }
            awaitInputs();
            Ring ring = {0, 0};
            for (const Range& range : ranges) {
                for (at = cursorAt(args, range); at.left > 0; advance(at), advance(ring), early--) {
                    const u32 target = base + ring.stage * STAGE_BYTES, barrier = full + 8 * ring.stage;
                    if (early <= 0) {
                        await(empty + 8 * ring.stage, ring.parity ^ 1);
                        expectBytes(barrier, STAGE_BYTES);
                        copyWeights(tiled, at, n0, target + A_BYTES, barrier);
                    }
                    copyInputs(tiled, at, tile, target, barrier);
                }
            }
        }
    } else {
        Ring ring = {0, 0};
        consume(acc, ranges[0], ring, base, full, empty);
        if (BOTH_HERE) {
            storeSums(sums + STAGES * STAGE_BYTES / 4, acc);
            for (Sum& sum : acc) sum = 0;
            consume(acc, ranges[SEGMENTS - 1], ring, base, full, empty);
        }
    }
    const Columns columns = columnsAt(args, min(n0 + thread % COLUMNS * EACH, args.outputs - EACH));
    __syncthreads();  // all tiles are used up: their memory takes the sums
    if (thread < CONSUMERS) storeSums(sums, acc);
    awaitInputs();
    int firstRow = 0, lastRow = BM;  // this block finishes these rows
    if (SPLITS > 1) {
        clusterBarrier();
        firstRow = BM * clusterRank() / SPLITS, lastRow = BM * (clusterRank() + 1) / SPLITS;
    } else {
        __syncthreads();
    }
    const int column = thread % COLUMNS * EACH, w = tiled.tileWidthLog2, h = tiled.tileHeightLog2;
    const bool finishes = thread < ROWS_AT_ONCE * COLUMNS && n0 + column < args.outputs;
    for (int first = firstRow + thread / COLUMNS; finishes && first < lastRow; first += BATCH * ROWS_AT_ONCE) {
        float y[BATCH][EACH];
        int pixels[BATCH];  // row of the result, -1 for none
#pragma unroll
        for (int i = 0; i < BATCH; i++) {
            const int row = min(first + i * ROWS_AT_ONCE, lastRow - 1);
            const int image = tile.image + (row >> w + h), down = tile.y + (row >> w & (1 << h) - 1), across = tile.x + (row & (1 << w) - 1);
            const bool valid = first + i * ROWS_AT_ONCE < lastRow && image < args.batch && down < args.outHeight && across < args.outWidth;
            pixels[i] = valid ? (image * args.outHeight + down) * args.outWidth + across : -1;
            Sum total[SEGMENTS][EACH] = {};
#pragma unroll
            for (int part = 0; part < (SPLITS > 1 ? SPLITS : SEGMENTS); part++) {
                if (!valid) continue;
                const int* at = sums + row * PITCH + column + (BOTH_HERE && part == 0 ? STAGES * STAGE_BYTES / 4 : 0);
                int4 low, high;
                if (SPLITS > 1) low = loadFromRank(sharedAddress(at), part), high = loadFromRank(sharedAddress(at + 4), part);
                else low = ((const int4*)at)[0], high = ((const int4*)at)[1];
                if (SEGMENTS == 2 && part >= (SPLITS > 1 ? args.segment[0].splits : 1)) addInts(total[SEGMENTS - 1], low, 0), addInts(total[SEGMENTS - 1], high, 4);
                else addInts(total[0], low, 0), addInts(total[0], high, 4);
            }
            floatsOfSums(y[i], args, columns, borderClass(args, down, across), total);
        }
#pragma unroll
        for (int i = 0; i < BATCH; i++)  // all loads of a batch are under way before the first is needed
            applyThen(y[i], args.finish, max(pixels[i], 0), columns.n);
#pragma unroll
        for (int i = 0; i < BATCH; i++)
            if (pixels[i] >= 0) writeSinks(y[i], args.finish, pixels[i], columns.n);
    }
    if (SPLITS > 1) clusterBarrier();  // nobody leaves while others read its sums
}
