// What the convolutions on tensor cores share: arguments, and the way from sums to outputs. M = output pixels, N = output channels,
// K = [tap][input channel]; pixels lie channels last.
//
//   ELEMENTS  0: u8 levels by s8 integers, exact s32 sums. F16, BF16: halves by halves, F32 sums; K counts bytes all the same
//   KERNEL    height and width of the window
//   STRIDE    distance of windows
//   SEGMENTS  2: the input's channels lie in two places, each with scales of its own
//   EACH      columns a thread finishes at once: 8, or 1 where sizes or places are no multiples of 8
// and those of finish.cuh.
//
// Taps outside the image read zeros. For levels zero is not real zero, the zero point is: what it adds to a sum depends on which taps lie
// inside, so it is taken off by a table of sums of weights, one row for each set of rows and columns outside (borderClass).
#pragma once
#include "finish.cuh"

#ifndef ELEMENTS
#define ELEMENTS 0
#endif
#ifndef KERNEL
#define KERNEL 3
#endif
#ifndef STRIDE
#define STRIDE 1
#endif
#ifndef SEGMENTS
#define SEGMENTS 1
#endif
#ifndef EACH
#define EACH 8
#endif
#ifndef SPLITS
#define SPLITS 1  // blocks (grid z) that share a tile's products
#endif
constexpr int TAPS = KERNEL * KERNEL;

struct ConvSegment {
    const u8* input;        // [batch][height][width] pixels
    const u8* weight;       // [outputs][TAPS][bytes]
    const float* scale;     // levels: [outputs], input scale * weight scale
    const int* correction;  // levels: [outputs], zero point * sum of all weights; KERNEL 3: [16][outputs], of the taps inside
    s64 pitch;              // bytes from a pixel to the next
    int bytes, splits;      // bytes: that are multiplied of a pixel, a multiple of 16; splits: blocks that share this segment's products
};
struct ConvArgs {
    ConvSegment segment[2];
    const float* bias;  // [outputs]
    int* workspace;     // split K without clusters: [splits][tiles][BM][BN] sums
    u32* tickets;       // the same: [tiles], zero before and after each launch
    int batch, height, width, outHeight, outWidth, outputs;
    int top, left;      // rows and columns of zeros around the input; KERNEL 3 of levels: 0 or 1 at each side
    Finish finish;
};

#if ELEMENTS == 0
typedef int Sum;
DEVICE void multiply(Sum (&d)[4], const u32 (&a)[4], u32 b0, u32 b1) { multiplyBytes(d, a, b0, b1); }
DEVICE int bitsOf(Sum x) { return x; }
DEVICE Sum sumOf(int bits) { return bits; }
#else
typedef float Sum;
DEVICE void multiply(Sum (&d)[4], const u32 (&a)[4], u32 b0, u32 b1) { multiplyHalves<ELEMENTS>(d, a, b0, b1); }
DEVICE int bitsOf(Sum x) { return __float_as_int(x); }
DEVICE Sum sumOf(int bits) { return __int_as_float(bits); }
#endif

struct alignas(8) TwoSums {
    Sum first, second;
};

// Which taps of a 3x3 window lie outside: bits 0 and 1 the left and right column, bits 2 and 3 the upper and lower row.
DEVICE int borderClass(const ConvArgs& args, int y, int x) {
    if (KERNEL != 3) return 0;
    const int left = x * STRIDE - args.left, top = y * STRIDE - args.top;
    return (left < 0 ? 1 : 0) | (left + 2 >= args.width ? 2 : 0) | (top < 0 ? 4 : 0) | (top + 2 >= args.height ? 8 : 0);
}

// What the columns from n on need; a thread keeps to its columns, so it loads this once.
struct Columns {
    int n, correction[SEGMENTS][EACH];
    float scale[SEGMENTS][EACH], bias[EACH];
};
DEVICE void loadInts(int (&to)[EACH], const int* from) {
#pragma unroll
    for (int i = 0; i < EACH / 4; i++) {
        const int4 v = ((const int4*)from)[i];
        to[4 * i % EACH] = v.x, to[(4 * i + 1) % EACH] = v.y, to[(4 * i + 2) % EACH] = v.z, to[(4 * i + 3) % EACH] = v.w;
    }
    if (EACH == 1) to[0] = from[0];
}
DEVICE Columns columnsAt(const ConvArgs& args, int n) {
    Columns c;
    c.n = n;
    loadFloats<F32>(c.bias, args.bias, n);
#pragma unroll
    for (int s = 0; s < SEGMENTS && ELEMENTS == 0; s++) {
        loadFloats<F32>(c.scale[s], args.segment[s].scale, n);
        loadInts(c.correction[s], args.segment[s].correction + n);  // class 0: all taps inside
    }
    return c;
}

// From the sums of each segment to floats: acc0 * s0 + bias + acc1 * s1 as core.quant.IntegerLayers defines it, none fused.
DEVICE void floatsOfSums(float (&y)[EACH], const ConvArgs& args, const Columns& c, int border, const Sum (&sums)[SEGMENTS][EACH]) {
#pragma unroll
    for (int s = 0; s < SEGMENTS; s++) {
        int correction[EACH];
#pragma unroll
        for (int i = 0; i < EACH; i++) correction[i] = ELEMENTS == 0 ? c.correction[s][i] : 0;
        if (ELEMENTS == 0 && KERNEL == 3 && border) loadInts(correction, args.segment[s].correction + border * args.outputs + c.n);
#pragma unroll
        for (int i = 0; i < EACH; i++) {
            const float term = ELEMENTS == 0 ? __fmul_rn((float)((int)sums[s][i] - correction[i]), c.scale[s][i]) : (float)sums[s][i];
            y[i] = __fadd_rn(term, s == 0 ? c.bias[i] : y[i]);
        }
    }
}

DEVICE void addInts(Sum (&sums)[EACH], int4 v, int at) {
    sums[at % EACH] += sumOf(v.x), sums[(at + 1) % EACH] += sumOf(v.y), sums[(at + 2) % EACH] += sumOf(v.z), sums[(at + 3) % EACH] += sumOf(v.w);
}
