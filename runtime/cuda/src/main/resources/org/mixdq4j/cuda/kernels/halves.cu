// Rounds rows of floats to halves, for products that multiply halves alone.
//
//   FLOATS  F16 or BF16: what is written
// Block 256, grid ceil(rows * columns / 8 / 256).
#include "types.cuh"

struct HalvesArgs {
    const float* from;        // [rows][pitch]; address and pitch are multiples of 4 elements
    u16* to;                  // [rows][columns]
    int rows, columns, pitch;  // columns: a multiple of 8
};

extern "C" __global__ void __launch_bounds__(256) roundToHalves(const __grid_constant__ HalvesArgs args) {
    letNextStart();
    awaitInputs();
    const s64 at = ((s64)blockIdx.x * 256 + threadIdx.x) * 8;
    if (at >= (s64)args.rows * args.columns) return;
    const s64 row = at / args.columns;
    float x[8];
    loadFloats<F32>(x, args.from, row * args.pitch + at - row * args.columns);
    storeFloats<FLOATS>(args.to, at, x);
}
