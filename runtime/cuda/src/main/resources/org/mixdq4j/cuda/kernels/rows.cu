// Row by row, a row in registers: joined inputs, a norm, epilogues, outputs, those by a row's own magnitude too.
//
//   COLUMNS  of the result, a multiple of 8
//   ROW_THREADS    threads of a row: 32, or 256 (then it is a block)
// Macros of joined.cuh, norm.cuh and finish.cuh, all of which must allow 8 columns at a time.
// Block 128 with ROW_THREADS 32, grid ceil(rows / 4); block 256 with ROW_THREADS 256, grid rows.
#include "row.cuh"

constexpr int VECTORS = COLUMNS / 8, MINE = (VECTORS + ROW_THREADS - 1) / ROW_THREADS;

extern "C" __global__ void __launch_bounds__(ROW_THREADS == 32 ? 128 : 256) wholeRows(const __grid_constant__ RowsArgs args) {
    letNextStart();
    awaitInputs();
    const int lane = threadIdx.x % ROW_THREADS, row = ROW_THREADS == 32 ? blockIdx.x * 4 + threadIdx.x / 32 : blockIdx.x;
    if (row >= args.rows) return;
    float x[MINE][8];
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
}
