// What the products of rows share: arguments, 4-bit weights, what follows the sums.
//
//   out[m][n] = finish((sum_k a[m][k] * b[n][k] - correction[n]) * scale[n] (* rowScales[m]) + bias[n])
//
// The sum of bytes is an exact s32; everything up to finish is one fixed sequence of float32 operations for each element, none fused
// (core.quant.IntegerLayers). So the same bits come out for any M, tile and split.
//
//   ELEMENTS    0: u8 levels by s8 integers. F16, BF16: halves by halves; the sum is a float, and neither correction nor scale are read
//   WEIGHT_BITS 8, or 4: see unpackCodes
//   GROUP       WEIGHT_BITS 4: codes that share a whole multiplier, 32, 64 or 128; 0: none
//   ROW_SCALES  1: a was quantized row by row
//   EARLIER     1: adds earlier[m][n], what segments before this one came to, in place of the bias
//   GEGLU       1: rows of b are 4 values, their 4 gates, 4 values, ...; the result has N/2 columns, value * gelu(gate)
//   SPLIT       parts K is cut into, one block each; they are a cluster (sm_90 and later) and add up their integers there
#pragma once
#include "finish.cuh"

#ifndef ELEMENTS
#define ELEMENTS 0
#endif
#ifndef WEIGHT_BITS
#define WEIGHT_BITS 8
#endif
#ifndef GROUP
#define GROUP 0
#endif
#ifndef ROW_SCALES
#define ROW_SCALES 0
#endif
#ifndef EARLIER
#define EARLIER 0
#endif
#ifndef GEGLU
#define GEGLU 0
#endif
#ifndef SPLIT
#define SPLIT 1
#endif
static_assert(ELEMENTS == 0 || SPLIT == 1 && WEIGHT_BITS == 8, "sums of floats have one order");

// N % 4 == 0 (8 with GEGLU), k % 16 == 0 (k % 64 == 0 for WEIGHT_BITS 4), any M. Addresses and pitch are multiples of 16.
struct Gemm {
    const u8* a;             // [M] rows of k bytes, pitch bytes apart: levels, or halves
    const void* b;           // WEIGHT_BITS 8: [N][k] bytes, s8 or halves. 4: see unpackCodes
    const u8* multipliers;   // GROUP > 0: u8 [N/64][k/GROUP][64], see unpackCodes
    const int* correction;   // s32 [N], zero point * sum of the row of b
    const float* scale;      // f32 [N], input scale * weight scale (weight scale alone with ROW_SCALES)
    const float* bias;       // f32 [N]
    const float* rowScales;  // f32 [M], ROW_SCALES
    const float* earlier;    // f32 [M, N], EARLIER; may be what is written
    int m, n, k, pitch;      // k: bytes of a row that are multiplied
    Finish finish;
};

// 4-bit weights, packed for fragments of both mma.sync (b) and wgmma (a from registers): blocks of 64 outputs x 64 inputs, 2 KiB each,
// [N/64][K/64][4: n/16][32: lane][4 words]; N is padded to 64. With lane = 4 g + t, word 2 s + h holds output 16 i + 8 h + g, and in its
// byte j inputs 32 s + 4 t + j (low nibble) and 32 s + 16 + 4 t + j (high nibble).
// GROUP 0: a nibble is the two's complement code; the product sees code * 16, and scale[n] holds 1/16 of it.
// GROUP > 0: a nibble is code + 8; the product sees code * multiplier. Multipliers of 64 outputs lie as byte 16 i + 2 g + h for output
// 16 i + 8 h + g.
//
// lo, hi: s8x4 of the low and of the high nibbles. In groups, all in one 32-bit multiply-add: (u - 8) * m + 128 is in [0, 255], and as
// numbers of 32 bits are linear nothing is lost to the next byte; the xor makes it two's complement.
DEVICE void unpackCodes(u32 word, u32 m, u32& lo, u32& hi) {
#if GROUP == 0
    lo = (word << 4) & 0xf0f0f0f0u;
    hi = word & 0xf0f0f0f0u;
#else
    u32 offset = 0x80808080u - m * 0x08080808u;
    lo = ((word & 0x0f0f0f0fu) * m + offset) ^ 0x80808080u;
    hi = (((word >> 4) & 0x0f0f0f0fu) * m + offset) ^ 0x80808080u;
#endif
}


DEVICE void syncSplit() {
#if SPLIT > 1
    clusterBarrier();
#endif
}

// What belongs to four columns.
struct Columns {
    int4 correction;
    float4 scale, bias;
};
DEVICE Columns columnsAt(const Gemm& p, int n) {
    Columns c = {};
    if (ELEMENTS == 0) c.correction = *(const int4*)(p.correction + n), c.scale = *(const float4*)(p.scale + n);
    if (!EARLIER) c.bias = *(const float4*)(p.bias + n);
    return c;
}

// Four columns of row m from sums to floats. v: bits of floats where ELEMENTS is not 0.
DEVICE void floatsOfSums(float (&y)[4], int4 v, const Columns& c, float rowScale, const Gemm& p, int m, int n) {
    const int sum[4] = {v.x, v.y, v.z, v.w}, correction[4] = {c.correction.x, c.correction.y, c.correction.z, c.correction.w};
    const float scale[4] = {c.scale.x, c.scale.y, c.scale.z, c.scale.w};
    float added[4] = {c.bias.x, c.bias.y, c.bias.z, c.bias.w};
    if (EARLIER) loadFloats<F32>(added, p.earlier, (s64)m * p.n + n);
#pragma unroll
    for (int i = 0; i < 4; i++) {
        y[i] = ELEMENTS == 0 ? __fmul_rn((float)(sum[i] - correction[i]), scale[i]) : __int_as_float(sum[i]);
        if (ROW_SCALES) y[i] = __fmul_rn(y[i], rowScale);
        y[i] = __fadd_rn(y[i], added[i]);
    }
}

// Finishes rows [from, to) of a tile whose sums lie in `staging` ([rows][PITCH], COLUMNS of them used; with SPLIT the sum over the
// cluster). Four columns of the result a thread, so that all accesses are wide and coalesced.
template <int COLUMNS, int PITCH, int THREADS>
DEVICE void finishRows(const Gemm& p, const int* staging, int m0, int n0, int from, int to) {
    constexpr int STEP = GEGLU ? 8 : 4;
    constexpr int EACH = COLUMNS / STEP;
    static_assert(THREADS % EACH == 0, "a thread keeps its columns");
    const int column = threadIdx.x % EACH * STEP, n = n0 + column;
    if (n >= p.n) return;
    const Columns values = columnsAt(p, n);
    const Columns gates = GEGLU ? columnsAt(p, n + 4) : values;
    for (int row = from + threadIdx.x / EACH; row < min(to, p.m - m0); row += THREADS / EACH) {
        auto sum = [&](int ahead) {
#if SPLIT > 1
            const u32 address = sharedAddress(staging + row * PITCH + column + ahead);
            int4 v = {0, 0, 0, 0};
#pragma unroll
            for (int rank = 0; rank < SPLIT; rank++) {
                int4 part = loadFromRank(address, rank);
                v.x += part.x, v.y += part.y, v.z += part.z, v.w += part.w;
            }
            return v;
#else
            return *(const int4*)(staging + row * PITCH + column + ahead);
#endif
        };
        const int m = m0 + row, result = GEGLU ? n / 2 : n;
        const float rowScale = ROW_SCALES ? p.rowScales[m] : 0.f;
        float y[4];
        floatsOfSums(y, sum(0), values, rowScale, p, m, n);
        if (GEGLU) {
            float gate[4];
            floatsOfSums(gate, sum(4), gates, rowScale, p, m, n + 4);
#pragma unroll
            for (int i = 0; i < 4; i++) y[i] = __fmul_rn(y[i], geluErf(gate[i]));
        }
        applyThen(y, p.finish, m, result);
        writeSinks(y, p.finish, m, result);
    }
}
