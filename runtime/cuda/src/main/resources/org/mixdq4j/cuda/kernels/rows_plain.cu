// Row by row, of any width: joined inputs, a norm, epilogues, outputs, those by a row's own magnitude too.
//
//   KEEP  1: the row stays in shared memory (columns * 4 bytes); 0: it is read and computed anew for each pass
// Macros of joined.cuh, norm.cuh and finish.cuh. Block 256, grid rows.
#include "finish.cuh"
#include "joined.cuh"
#include "norm.cuh"
#include "row.cuh"

extern __shared__ float held[];

extern "C" __global__ void __launch_bounds__(256) wholeRowsPlain(const __grid_constant__ RowsArgs args) {
    letNextStart();
    awaitInputs();
    const int row = blockIdx.x, columns = args.columns;
    auto read = [&](int c) {
        float x[1];
        loadGated(x, args.in, row, c, columns);
        return x[0];
    };
    // A thread meets its own columns only, in every pass.
    if (KEEP)
        for (int c = threadIdx.x; c < columns; c += 256) held[c] = read(c);
    auto input = [&](int c) { return KEEP ? held[c] : read(c); };
    float mean = 0.f, factor = 1.f;
    if (NORM == ROW_NORM) {
        const float first = read(0);  // of deviations from one of them: a large mean costs no digits
        float sum = 0.f;
        for (int c = threadIdx.x; c < columns; c += 256) sum += input(c) - first;
        mean = first + rowSum<256>(sum) / columns;
    }
    if (NORM == ROW_NORM || NORM == ROOT_MEAN_SQUARE || NORM == UNIT) {
        float squares = 0.f;
        for (int c = threadIdx.x; c < columns; c += 256) {
            const float away = input(c) - mean;
            squares += away * away;
        }
        squares = rowSum<256>(squares);
        factor = 1.f / sqrtf(NORM == UNIT ? squares : squares / columns + args.norm.epsilon);
    }
    auto result = [&](float (&x)[1], int c) {
        x[0] = input(c);
        normalize(x, args.norm, row, c, mean, factor);
        applyThen(x, args.finish, row, c);
    };
    float largest[3] = {}, scale[3] = {};
    float x[1];
    if (PER_TOKEN) {
#pragma unroll 1
        for (int c = threadIdx.x; c < columns; c += 256) {
            result(x, c);
            if (KEEP) held[c] = x[0];
            seeLargest(largest, x, args.finish, c);
        }
        rowScales<256>(scale, largest, args.finish, row);
    }
#pragma unroll 1
    for (int c = threadIdx.x; c < columns; c += 256) {
        if (PER_TOKEN && KEEP) x[0] = held[c];
        else result(x, c);
        writeRow(x, args.finish, row, c, scale);
    }
}
