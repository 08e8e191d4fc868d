// Copies elements from one view to another; strides of 0 read an element several times.
//
//   UNIT_BYTES  of what is copied at once: 1, 2, 4, 8 or 16;  RANK: number of axes;  WIDE: 1 for 2^31 units or more
// Block 256, grid ceil(count / 256).
#include "types.cuh"

struct MoveArgs {
    const void* from;
    void* to;
    s64 fromStride[6], toStride[6];  // in units
    s64 count;                       // of units, all axes together
    int dim[6];                      // innermost last
};

#if UNIT_BYTES == 16
typedef uint4 Unit;
#elif UNIT_BYTES == 8
typedef uint2 Unit;
#elif UNIT_BYTES == 4
typedef u32 Unit;
#elif UNIT_BYTES == 2
typedef u16 Unit;
#else
typedef u8 Unit;
#endif
#if WIDE
typedef u64 Index;
#else
typedef u32 Index;
#endif

extern "C" __global__ void __launch_bounds__(256) moveElements(const __grid_constant__ MoveArgs args) {
    letNextStart();
    awaitInputs();
    Index rest = (Index)blockIdx.x * 256 + threadIdx.x;
    if (rest >= (Index)args.count) return;
    s64 from = 0, to = 0;
#pragma unroll
    for (int axis = RANK - 1; axis >= 0; axis--) {
        const Index dim = (Index)args.dim[axis], outer = rest / dim;
        const s64 at = (s64)(rest - outer * dim);
        from += at * args.fromStride[axis], to += at * args.toStride[axis];
        rest = outer;
    }
    ((Unit*)args.to)[to] = ((const Unit*)args.from)[from];
}
