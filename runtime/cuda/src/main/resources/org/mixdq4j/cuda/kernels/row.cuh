// What a step that sees whole rows shares: sums and maxima over the threads of a row, scales by a row's own magnitude.
#pragma once
#include "finish.cuh"
#include "joined.cuh"
#include "norm.cuh"

struct RowsArgs {
    Joined in;
    Norm norm;
    Finish finish;
    int rows, columns;  // of the result
};

constexpr bool PER_TOKEN = SINK_0 == TOKENS || (SINKS > 1 && SINK_1 == TOKENS) || (SINKS > 2 && SINK_2 == TOKENS);

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
    if (SINK_0 == TOKENS) largest[0] = fmaxf(largest[0], largestOf(x, finish.sink[0], column));
    if (SINKS > 1 && SINK_1 == TOKENS) largest[1] = fmaxf(largest[1], largestOf(x, finish.sink[1], column));
    if (SINKS > 2 && SINK_2 == TOKENS) largest[2] = fmaxf(largest[2], largestOf(x, finish.sink[2], column));
}
template <int LANES> DEVICE float rowScale(float largest, const FinishSink& sink, int row) {
    const float scale = tokenScale(rowMax<LANES>(largest), sink.zeroPoint - 1.f);
    if (threadIdx.x % LANES == 0) sink.rowScales[row] = scale;
    return scale;
}
template <int LANES> DEVICE void rowScales(float (&scale)[3], const float (&largest)[3], const Finish& finish, int row) {
    if (SINK_0 == TOKENS) scale[0] = rowScale<LANES>(largest[0], finish.sink[0], row);
    if (SINKS > 1 && SINK_1 == TOKENS) scale[1] = rowScale<LANES>(largest[1], finish.sink[1], row);
    if (SINKS > 2 && SINK_2 == TOKENS) scale[2] = rowScale<LANES>(largest[2], finish.sink[2], row);
}
template <int COUNT> DEVICE void writeRow(const float (&x)[COUNT], const Finish& finish, int row, int column, const float (&scale)[3]) {
    writeSink<SINK_0>(x, finish.sink[0], row, column, scale[0]);
    if (SINKS > 1) writeSink<SINK_1>(x, finish.sink[1], row, column, scale[1]);
    if (SINKS > 2) writeSink<SINK_2>(x, finish.sink[2], row, column, scale[2]);
}
