// Row by row, a row in registers: joined inputs, a norm, epilogues, outputs, those by a row's own magnitude too.
//
//   COLUMNS  of the result, a multiple of 8
//   ROW_THREADS    threads of a row: 32, or 256 (then it is a block)
// Macros of joined.cuh, norm.cuh and finish.cuh, all of which must allow 8 columns at a time, and of row.cuh: runs that are rotated have up to 256
// columns and begin at a multiple of as many.
// Block 128 with ROW_THREADS 32, grid ceil(rows / 4); block 256 with ROW_THREADS 256, grid rows.
#include "row.cuh"

constexpr int VECTORS = COLUMNS / 8, MINE = (VECTORS + ROW_THREADS - 1) / ROW_THREADS;

DEVICE float fromLane(float x, int mask) { return __shfl_xor_sync(0xffffffffu, x, mask); }

// Rotates runs of SIZE columns of a row, this thread's vector and those of its neighbours. By all lanes of a warp. Bits 0 to 2 of a column say where
// it lies in its vector, the next which lane has it; each stage is of two bits.
template <int SIZE> DEVICE void rotateVector(float (&x)[8]) {
    float y[8];
#pragma unroll
    for (int j = 0; j < 8; j++) y[j] = rotateOne(x[j], x[j ^ 1], x[j ^ 2], x[j ^ 3]);
    float other[8];
#pragma unroll
    for (int j = 0; j < 8; j++) other[j] = SIZE >= 16 ? fromLane(y[j], 1) : 0.f;
#pragma unroll
    for (int j = 0; j < 8; j++) {
        x[j] = SIZE >= 16 ? rotateOne(y[j], y[j ^ 4], other[j], other[j ^ 4]) : y[j];
        if (SIZE >= 64) x[j] = rotateOne(x[j], fromLane(x[j], 2), fromLane(x[j], 4), fromLane(x[j], 6));
        if (SIZE >= 256) x[j] = rotateOne(x[j], fromLane(x[j], 8), fromLane(x[j], 16), fromLane(x[j], 24));
        x[j] = __fmul_rn(x[j], rotationScale(SIZE));
    }
}
// A sink of levels that is rotated.
template <int KIND, int SIZE> DEVICE void writeRotated(const float (&x)[MINE][8], const FinishSink& sink, int row, int lane) {
    static_assert(SIZE <= 256, "a run is in one warp");
    float y[MINE][8], largest = 0.f;
#pragma unroll
    for (int i = 0; i < MINE; i++) {
        const int to = (lane + ROW_THREADS * i) * 8 - sink.from;
        const bool inside = to >= 0 && to < sink.columns;
#pragma unroll
        for (int j = 0; j < 8; j++) y[i][j] = x[i][j];
        if (inside) multiplyFactors(y[i], sink, to);
        rotateVector<SIZE>(y[i]);
#pragma unroll
        for (int j = 0; j < 8; j++)
            if (inside) largest = fmaxf(largest, magnitude(y[i][j]));
    }
    const float inverse = KIND == TOKENS ? __fdiv_rn(1.f, rowScale<ROW_THREADS>(largest, sink, row)) : sink.inverseScale;
#pragma unroll
    for (int i = 0; i < MINE; i++) {
        const int to = (lane + ROW_THREADS * i) * 8 - sink.from;
        if (to >= 0 && to < sink.columns)
            storeLevels((u8*)sink.at + (s64)row * sink.pitch + to, y[i], inverse, sink.zeroPoint, sink.largest);
    }
}

extern "C" __global__ void __launch_bounds__(ROW_THREADS == 32 ? 128 : 256) wholeRows(const __grid_constant__ RowsArgs args) {
    letNextStart();
    awaitInputs();
    const int lane = threadIdx.x % ROW_THREADS, row = ROW_THREADS == 32 ? blockIdx.x * 4 + threadIdx.x / 32 : blockIdx.x;
    if (row >= args.rows) return;
    float x[MINE][8] = {};
#pragma unroll
    for (int i = 0; i < MINE; i++) {
        const int v = lane + ROW_THREADS * i;
        if (VECTORS % ROW_THREADS && v >= VECTORS) continue;
        loadGated(x[i], args.in, row, v * 8, COLUMNS);
    }
    float mean = 0.f, factor = 1.f;
    if (NORM == ROW_NORM) {
        float sum = 0.f;
#pragma unroll
        for (int i = 0; i < MINE; i++) {
            if (VECTORS % ROW_THREADS && lane + ROW_THREADS * i >= VECTORS) continue;
#pragma unroll
            for (int j = 0; j < 8; j++) sum += x[i][j];
        }
        mean = rowSum<ROW_THREADS>(sum) / COLUMNS;
    }
    if (NORM == ROW_NORM || NORM == ROOT_MEAN_SQUARE || NORM == UNIT) {
        float squares = 0.f;
#pragma unroll
        for (int i = 0; i < MINE; i++) {
            if (VECTORS % ROW_THREADS && lane + ROW_THREADS * i >= VECTORS) continue;
#pragma unroll
            for (int j = 0; j < 8; j++) {
                const float away = x[i][j] - mean;
                squares += away * away;
            }
        }
        squares = rowSum<ROW_THREADS>(squares);
        factor = rsqrtf(NORM == UNIT ? squares : squares / COLUMNS + args.norm.epsilon);
    }
    float largest[3] = {}, scale[3] = {};
#pragma unroll
    for (int i = 0; i < MINE; i++) {
        const int v = lane + ROW_THREADS * i;
        if (VECTORS % ROW_THREADS && v >= VECTORS) continue;
        normalize(x[i], args.norm, row, v * 8, mean, factor);
        applyThen(x[i], args.finish, row, v * 8);
        seeLargest(largest, x[i], args.finish, v * 8);
    }
    rowScales<ROW_THREADS>(scale, largest, args.finish, row);
#pragma unroll
    for (int i = 0; i < MINE; i++) {
        const int v = lane + ROW_THREADS * i;
        if (VECTORS % ROW_THREADS && v >= VECTORS) continue;
        writeRow(x[i], args.finish, row, v * 8, scale);
    }
    if (ROTATED_0) writeRotated<SINK_0, ROTATED_0>(x, args.finish.sink[0], row, lane);
    if (ROTATED_1) writeRotated<SINK_1, ROTATED_1>(x, args.finish.sink[1], row, lane);
    if (ROTATED_2) writeRotated<SINK_2, ROTATED_2>(x, args.finish.sink[2], row, lane);
}
