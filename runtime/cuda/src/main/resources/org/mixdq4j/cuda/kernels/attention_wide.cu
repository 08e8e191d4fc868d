// What attention of wide heads needs besides two products of halves (gemm_mma.cu): scores of a block of queries by all keys, in FP32, are softmaxed
// row by row into weights of halves, and these multiply the values. Products read both sides row by row along what is summed up, so keys are
// put together and values transposed before.
//
//   FLOATS  F16 or BF16: queries, keys, values and weights
#include "types.cuh"

struct WidePackArgs {
    const u16 *k, *v;            // [batch][rows][pitch]: head h at column width * h of each row; addresses, pitches and width multiples of 8 elements
    u16* keys;                   // [batch * heads][padded][width], rows from `rows` on are zeros
    u16* values;                 // [batch * heads][width][padded], columns likewise
    s64 batchK, batchV;          // elements from one sample to the next
    int pitchK, pitchV;          // elements from row to row
    int rows, padded, heads, width;  // padded: the next multiple of 8
};

// Grid (ceil(padded / 64), ceil(width / 64), batch * heads), block 256: 64 rows by 64 columns.
constexpr int TILE = 64, CHUNKS = TILE / 8, PITCH = TILE + 2;

extern "C" __global__ void __launch_bounds__(256) packWide(const __grid_constant__ WidePackArgs args) {
    __shared__ __align__(16) u16 tile[TILE * PITCH];
    const int row0 = blockIdx.x * TILE, column0 = blockIdx.y * TILE, image = blockIdx.z / args.heads, head = blockIdx.z % args.heads;
    const u16* k = args.k + image * args.batchK + head * args.width;
    const u16* v = args.v + image * args.batchV + head * args.width;
    const s64 own = (s64)blockIdx.z * args.padded * args.width;
    letNextStart();
    awaitInputs();
#pragma unroll
    for (int i = threadIdx.x; i < TILE * CHUNKS; i += 256) {
        const int within = i / CHUNKS, row = row0 + within, column = column0 + i % CHUNKS * 8;
        const bool inside = row < args.rows && column < args.width;
        const uint4 zeros = make_uint4(0, 0, 0, 0);
        const uint4 values = inside ? *(const uint4*)(v + (s64)row * args.pitchV + column) : zeros;
        u32* to = (u32*)(tile + within * PITCH + i % CHUNKS * 8);
        to[0] = values.x, to[1] = values.y, to[2] = values.z, to[3] = values.w;
        if (row < args.padded && column < args.width)
            *(uint4*)(args.keys + own + (s64)row * args.width + column) = inside ? *(const uint4*)(k + (s64)row * args.pitchK + column) : zeros;
    }
    __syncthreads();
#pragma unroll
    for (int i = threadIdx.x; i < TILE * CHUNKS; i += 256) {
        const int within = i / CHUNKS, row = i % CHUNKS * 8;
        if (column0 + within >= args.width || row0 + row >= args.padded) continue;
        u32 pairs[4];
#pragma unroll
        for (int e = 0; e < 4; e++) pairs[e] = tile[(row + 2 * e) * PITCH + within] | (u32)tile[(row + 2 * e + 1) * PITCH + within] << 16;
        *(uint4*)(args.values + own + (s64)(column0 + within) * args.padded + row0 + row) = make_uint4(pairs[0], pairs[1], pairs[2], pairs[3]);
    }
}

struct WideSoftmaxArgs {
    const float* scores;  // [rows][padded]
    u16* weights;         // [rows][padded], zeros from `keys` on
    int keys, padded;     // padded: the next multiple of 8
    float scale;          // positive
};

template <class Merge> DEVICE float blockOf(float x, float (&parts)[8], Merge merge) {
#pragma unroll
    for (int i = 16; i; i >>= 1) x = merge(x, __shfl_xor_sync(0xffffffffu, x, i));
    if (threadIdx.x % 32 == 0) parts[threadIdx.x / 32] = x;
    __syncthreads();
    x = parts[0];
#pragma unroll
    for (int i = 1; i < 8; i++) x = merge(x, parts[i]);
    return x;
}

// Grid (rows), block 256: softmax of scale * scores.
extern "C" __global__ void __launch_bounds__(256) softmaxWide(const __grid_constant__ WideSoftmaxArgs args) {
    __shared__ float largest[8], sums[8];
    const float* scores = args.scores + (s64)blockIdx.x * args.padded;
    u16* weights = args.weights + (s64)blockIdx.x * args.padded;
    const float scaleLog2 = args.scale * 1.4426950408889634f;
    letNextStart();
    awaitInputs();
    float top = __int_as_float(0xff800000);
    for (int key = threadIdx.x * 8; key < args.padded; key += 256 * 8) {
        float x[8];
        loadFloats<F32>(x, scores, key);
#pragma unroll
        for (int e = 0; e < 8; e++)
            if (key + e < args.keys) top = fmaxf(top, x[e]);
    }
    const float shift = blockOf(top, largest, [](float a, float b) { return fmaxf(a, b); }) * scaleLog2;
    float sum = 0.f;
    for (int key = threadIdx.x * 8; key < args.padded; key += 256 * 8) {
        float x[8];
        loadFloats<F32>(x, scores, key);
#pragma unroll
        for (int e = 0; e < 8; e++)
            if (key + e < args.keys) sum += exp2f(fmaf(x[e], scaleLog2, -shift));
    }
    const float factor = 1.f / blockOf(sum, sums, [](float a, float b) { return a + b; });
    for (int key = threadIdx.x * 8; key < args.padded; key += 256 * 8) {
        float x[8];
        loadFloats<F32>(x, scores, key);
#pragma unroll
        for (int e = 0; e < 8; e++) x[e] = key + e < args.keys ? exp2f(fmaf(x[e], scaleLog2, -shift)) * factor : 0.f;
        storeFloats<FLOATS>(weights, key, x);
    }
}
