// Row by row, of any width: joined inputs, a norm, epilogues, outputs, those by a row's own magnitude too.
//
//   KEEP  1: the row stays in shared memory (columns * 4 bytes, twice as many where an output is rotated); 0: it is read and computed anew
//         for each pass, and no output is rotated
// Macros of joined.cuh, norm.cuh and finish.cuh. Block 256, grid rows.
#include "finish.cuh"
#include "joined.cuh"
#include "norm.cuh"
#include "row.cuh"

extern __shared__ float held[];

// A sink of levels that is rotated. The row is in `held`.
template <int KIND, int SIZE> DEVICE void writeRotated(const FinishSink& sink, int row, int columns) {
    float* turned = held + columns;
    __syncthreads();  // all of the row is there, and `turned` is free
    for (int c = threadIdx.x; c < sink.columns; c += 256)
        turned[c] = sink.factors ? __fmul_rn(held[sink.from + c], sink.factors[c]) : held[sink.from + c];
    for (int stride = 1; stride < SIZE; stride *= 4) {
        __syncthreads();
        for (int u = threadIdx.x; u < sink.columns / 4; u += 256) {
            float* at = turned + u / stride * (4 * stride) + u % stride;
            const float a = at[0], b = at[stride], c = at[2 * stride], d = at[3 * stride];
            at[0] = rotateOne(a, b, c, d), at[stride] = rotateOne(b, a, d, c);
            at[2 * stride] = rotateOne(c, d, a, b), at[3 * stride] = rotateOne(d, c, b, a);
        }
    }
    __syncthreads();
    float largest = 0.f;
    for (int c = threadIdx.x; c < sink.columns; c += 256) {
        turned[c] = __fmul_rn(turned[c], rotationScale(SIZE));
        largest = fmaxf(largest, magnitude(turned[c]));
    }
    const float inverse = KIND == TOKENS ? __fdiv_rn(1.f, rowScale<256>(largest, sink, row)) : sink.inverseScale;
    for (int c = threadIdx.x; c < sink.columns; c += 256) {
        const float x[1] = {turned[c]};
        storeLevels((u8*)sink.at + (s64)row * sink.pitch + c, x, inverse, sink.zeroPoint, sink.largest);
    }
}

extern "C" __global__ void __launch_bounds__(256, 4) wholeRowsPlain(const __grid_constant__ RowsArgs args) {
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
    if (PER_TOKEN || ROTATES) {
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
        if ((PER_TOKEN || ROTATES) && KEEP) x[0] = held[c];
        else result(x, c);
        writeRow(x, args.finish, row, c, scale);
    }
    if (ROTATED_0) writeRotated<SINK_0, ROTATED_0>(args.finish.sink[0], row, columns);
    if (ROTATED_1) writeRotated<SINK_1, ROTATED_1>(args.finish.sink[1], row, columns);
    if (ROTATED_2) writeRotated<SINK_2, ROTATED_2>(args.finish.sink[2], row, columns);
}
static_assert(KEEP || !ROTATES, "a row is rotated in shared memory");
