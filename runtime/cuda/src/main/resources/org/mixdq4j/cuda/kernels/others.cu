// Ops without a step of their own, one entry each. Simple: none of them takes time.
//
//   FLOATS   element type of the result;  INPUT_0, INPUT_1: of what is read;  ID_BYTES: of one id: 1, 4 or 8
//   UNIT_BYTES  upsampleNearest: of an element: 1, 2 or 4
#include "types.cuh"

#ifndef FLOATS
#define FLOATS F32
#endif
#ifndef INPUT_0
#define INPUT_0 F32
#endif
#ifndef INPUT_1
#define INPUT_1 F32
#endif
#ifndef ID_BYTES
#define ID_BYTES 8
#endif
#ifndef UNIT_BYTES
#define UNIT_BYTES 4
#endif

DEVICE s64 idAt(const void* ids, s64 index) {
    return ID_BYTES == 8 ? ((const s64*)ids)[index] : ID_BYTES == 4 ? ((const int*)ids)[index] : ((const u8*)ids)[index];
}

struct EmbeddingArgs {
    const void* ids;    // [count]
    const void* table;  // [tableRows][features] of FLOATS
    void* to;           // [count][features]
    int count, features;
    s64 tableRows;
};
// Block 256, grid count: a row each. An id that has no row shows as NaN.
extern "C" __global__ void __launch_bounds__(256, 1) embedding(const __grid_constant__ EmbeddingArgs args) {
    letNextStart();
    awaitInputs();
    const s64 id = idAt(args.ids, blockIdx.x);
    const bool known = id >= 0 && id < args.tableRows;
    for (int i = threadIdx.x; i < args.features; i += 256) {
        const float x = known ? loadFloat<FLOATS>(args.table, id * args.features + i) : __int_as_float(0x7fffffff);
        storeFloat<FLOATS>(args.to, (s64)blockIdx.x * args.features + i, x);
    }
}

struct TimestepArgs {
    const void* times;         // [count] of INPUT_0
    const float* frequencies;  // [features / 2]
    void* to;                  // [count][features] of FLOATS
    int count, features, sinAt, cosAt;  // first sine and first cosine; an odd last feature is zero
};
// Block 256, grid ceil(count * features / 256).
extern "C" __global__ void __launch_bounds__(256) timestepEmbedding(const __grid_constant__ TimestepArgs args) {
    letNextStart();
    awaitInputs();
    const int index = blockIdx.x * 256 + threadIdx.x, row = index / args.features, i = index - row * args.features;
    if (row >= args.count) return;
    const int half = args.features / 2;
    const bool sine = i >= args.sinAt && i < args.sinAt + half, cosine = i >= args.cosAt && i < args.cosAt + half;
    float x = 0.f;
    if (sine || cosine) {
        const float angle = __fmul_rn(loadFloat<INPUT_0>(args.times, row), args.frequencies[sine ? i - args.sinAt : i - args.cosAt]);
        x = sine ? sinf(angle) : cosf(angle);
    }
    storeFloat<FLOATS>(args.to, index, x);
}

struct PoolTokenArgs {
    const void* hidden;  // [samples][tokens][features] of INPUT_0
    const void* ids;     // [samples][tokens]
    void* to;            // [samples][features] of FLOATS
    s64 eosId;           // first position that holds it, else 0; highest: of the highest id, the first of several
    int samples, tokens, features, highest;
};
// Block 256, grid samples.
extern "C" __global__ void __launch_bounds__(256, 1) poolToken(const __grid_constant__ PoolTokenArgs args) {
    __shared__ int chosen;
    letNextStart();
    awaitInputs();
    const s64 first = (s64)blockIdx.x * args.tokens;
    if (threadIdx.x == 0) {
        int best = 0;
        for (int i = args.tokens - 1; i >= 0 && !args.highest; i--)
            if (idAt(args.ids, first + i) == args.eosId) best = i;
        for (int i = 1; i < args.tokens && args.highest; i++)
            if (idAt(args.ids, first + i) > idAt(args.ids, first + best)) best = i;
        chosen = best;
    }
    __syncthreads();
    for (int i = threadIdx.x; i < args.features; i += 256)
        storeFloat<FLOATS>(args.to, (s64)blockIdx.x * args.features + i, loadFloat<INPUT_0>(args.hidden, (first + chosen) * args.features + i));
}

struct MatMulArgs {
    const void *a, *b;  // [rows][width] of INPUT_0, [columns][width] of INPUT_1
    void* to;           // [rows][columns] of FLOATS: a b^T
    int rows, columns, width;
};
// A warp each element; block 256, grid ceil(rows * columns / 8).
extern "C" __global__ void __launch_bounds__(256) matMul(const __grid_constant__ MatMulArgs args) {
    letNextStart();
    awaitInputs();
    const s64 index = (s64)blockIdx.x * 8 + threadIdx.x / 32;
    if (index >= (s64)args.rows * args.columns) return;
    const s64 row = index / args.columns, column = index - row * args.columns;
    float sum = 0.f;
    for (int k = threadIdx.x % 32; k < args.width; k += 32)
        sum += loadFloat<INPUT_0>(args.a, row * args.width + k) * loadFloat<INPUT_1>(args.b, column * args.width + k);
    sum = warpSum(sum);
    if (threadIdx.x % 32 == 0) storeFloat<FLOATS>(args.to, index, sum);
}

#if UNIT_BYTES == 4
typedef u32 Unit;
#elif UNIT_BYTES == 2
typedef u16 Unit;
#else
typedef u8 Unit;
#endif
struct UpsampleArgs {
    const void* from;  // [samples][fromHeight][fromWidth][channels]
    void* to;          // [samples][height][width][channels]
    int samples, fromHeight, fromWidth, height, width, channels;
};
// Nearest, by any factors. Block 256, grid samples * height * width.
extern "C" __global__ void __launch_bounds__(256) upsampleNearest(const __grid_constant__ UpsampleArgs args) {
    letNextStart();
    awaitInputs();
    const int x = blockIdx.x % args.width, y = blockIdx.x / args.width % args.height, sample = blockIdx.x / args.width / args.height;
    const s64 row = (s64)y * args.fromHeight / args.height, column = (s64)x * args.fromWidth / args.width;
    const s64 from = (((s64)sample * args.fromHeight + row) * args.fromWidth + column) * args.channels, to = (s64)blockIdx.x * args.channels;
    for (int c = threadIdx.x; c < args.channels; c += 256) ((Unit*)args.to)[to + c] = ((const Unit*)args.from)[from + c];
}
