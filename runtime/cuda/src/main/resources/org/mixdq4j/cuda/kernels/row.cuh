// What a step that sees whole rows shares: sums and maxima over the threads of a row, scales by a row's own magnitude.
//
//   ROTATE_0, ...  of an output of levels: columns of a run that is rotated before rounding (core.quant.Rotation), a power of 4; 0 for none
#pragma once
#include "finish.cuh"
#include "joined.cuh"
#include "norm.cuh"

#ifndef ROTATE_0
#define ROTATE_0 0
#endif
#ifndef ROTATE_1
#define ROTATE_1 0
#endif
#ifndef ROTATE_2
#define ROTATE_2 0
#endif

struct RowsArgs {
    Joined in;
    Norm norm;
    Finish finish;
    int rows, columns;  // of the result
};

// What sinks that see whole rows are, and whether they are rotated; those that are not there are neither.
constexpr int ROTATED_0 = ROTATE_0, ROTATED_1 = SINKS > 1 ? ROTATE_1 : 0, ROTATED_2 = SINKS > 2 ? ROTATE_2 : 0;
constexpr bool TOKENS_0 = SINK_0 == TOKENS && !ROTATED_0, TOKENS_1 = SINKS > 1 && SINK_1 == TOKENS && !ROTATED_1,
               TOKENS_2 = SINKS > 2 && SINK_2 == TOKENS && !ROTATED_2;
constexpr bool PER_TOKEN = TOKENS_0 || TOKENS_1 || TOKENS_2, ROTATES = ROTATED_0 || ROTATED_1 || ROTATED_2;

// Of LANES threads: a warp, or a block of 256. In one order, whatever the grid.
template <int LANES> DEVICE float rowSum(float x) {
    x = warpSum(x);
    if (LANES == 32) return x;
    __shared__ float parts[8];
    __syncthreads();  // what was there before is read
    if (threadIdx.x % 32 == 0) parts[threadIdx.x / 32] = x;
    __syncthreads();
    x = parts[0];
#pragma unroll
    for (int i = 1; i < 8; i++) x += parts[i];
    return x;
}
template <int LANES> DEVICE float rowMax(float x) {
    x = warpMax(x);
    if (LANES == 32) return x;
    __shared__ float parts[8];
    __syncthreads();
    if (threadIdx.x % 32 == 0) parts[threadIdx.x / 32] = x;
    __syncthreads();
#pragma unroll
    for (int i = 0; i < 8; i++) x = fmaxf(x, parts[i]);
    return x;
}

// What COUNT columns of the result have to say about scales.
template <int COUNT> DEVICE void seeLargest(float (&largest)[3], const float (&x)[COUNT], const Finish& finish, int column) {
    if (TOKENS_0) largest[0] = fmaxf(largest[0], largestOf(x, finish.sink[0], column));
    if (TOKENS_1) largest[1] = fmaxf(largest[1], largestOf(x, finish.sink[1], column));
    if (TOKENS_2) largest[2] = fmaxf(largest[2], largestOf(x, finish.sink[2], column));
}
template <int LANES> DEVICE float rowScale(float largest, const FinishSink& sink, int row) {
    const float scale = tokenScale(rowMax<LANES>(largest), sink.zeroPoint - 1.f);
    if (threadIdx.x % LANES == 0) sink.rowScales[row] = scale;
    return scale;
}
template <int LANES> DEVICE void rowScales(float (&scale)[3], const float (&largest)[3], const Finish& finish, int row) {
    if (TOKENS_0) scale[0] = rowScale<LANES>(largest[0], finish.sink[0], row);
    if (TOKENS_1) scale[1] = rowScale<LANES>(largest[1], finish.sink[1], row);
    if (TOKENS_2) scale[2] = rowScale<LANES>(largest[2], finish.sink[2], row);
}
// Sinks that are not rotated.
template <int COUNT> DEVICE void writeRow(const float (&x)[COUNT], const Finish& finish, int row, int column, const float (&scale)[3]) {
    if (!ROTATED_0) writeSink<SINK_0>(x, finish.sink[0], row, column, scale[0]);
    if (SINKS > 1 && !ROTATED_1) writeSink<SINK_1>(x, finish.sink[1], row, column, scale[1]);
    if (SINKS > 2 && !ROTATED_2) writeSink<SINK_2>(x, finish.sink[2], row, column, scale[2]);
}

// One number of four that a stage of the rotation replaces, where it lies at i (of 0 to 3): p, q and r lie at i ^ 1, i ^ 2 and i ^ 3. This is
// Rotation's a, b, c, d = (a + b) + (c - d), (a + b) - (c - d), (a - b) + (c + d), (c + d) - (a - b), to the bit (signs of zeros aside).
DEVICE float rotateOne(float x, float p, float q, float r) { return __fadd_rn(__fadd_rn(x, p), __fsub_rn(q, r)); }
DEVICE constexpr float rotationScale(int size) { return size >= 4 ? .5f * rotationScale(size / 4) : 1.f; }
