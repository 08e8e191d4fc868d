// Element by element: joined inputs, a group norm by statistics that are there, epilogues, outputs (none by a row's magnitude).
//
//   VECTOR  columns a thread takes at a time: 1, or 8 where finish.cuh and joined.cuh allow it; EACH: how many times
//   WIDE   1: 2^31 or more of them
// Macros of joined.cuh, norm.cuh (NORM 0 or GROUP_NORM) and finish.cuh. Block 256, grid ceil(rows * columns / VECTOR / 256 / EACH).
#include "finish.cuh"
#include "joined.cuh"
#include "norm.cuh"

struct PointwiseArgs {
    Joined in;
    Norm norm;
    Finish finish;
    int rows, columns;  // of the result
};

#if WIDE
typedef u64 Index;
#else
typedef u32 Index;
#endif

extern "C" __global__ void __launch_bounds__(256) pointwise(const __grid_constant__ PointwiseArgs args) {
    letNextStart();
    awaitInputs();
    const Index vectors = args.columns / VECTOR, all = args.rows * vectors, first = (Index)blockIdx.x * (256 * EACH) + threadIdx.x;
    float x[EACH][VECTOR];
    int row[EACH], column[EACH];
#pragma unroll
    for (int i = 0; i < EACH; i++) {  // all under way at once
        const Index v = first + 256 * i;
        if (v >= all) continue;
        row[i] = (int)(v / vectors);
        column[i] = (int)(v - row[i] * vectors) * VECTOR;
        loadGated(x[i], args.in, row[i], column[i], args.columns);
    }
#pragma unroll
    for (int i = 0; i < EACH; i++) {
        if (first + 256 * i >= all) continue;
        normalize(x[i], args.norm, row[i], column[i], 0.f, 1.f);
        applyThen(x[i], args.finish, row[i], column[i]);
        writeSinks(x[i], args.finish, row[i], column[i]);
    }
}
