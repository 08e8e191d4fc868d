// The first token's row of each sample, of layers that leave that token in float: the float input by the same packed weights as the others'
//
//   out[sample * rowsEach][n] = finish(sum_k x[sample][k] * factors[k] * b[n][k] * scale[n] + bias[n])
//
// in float32 and one order. WEIGHT_BITS, GROUP, EARLIER as in gemm.cuh; INPUT: element type of x.
// grid: (ceil(N/64), samples), block: 128 (a warp 16 outputs), dynamic shared memory: 4 k.
#include "gemm.cuh"

#ifndef INPUT
#define INPUT F32
#endif

struct FirstRows {
    const void* x;          // floats, [samples] rows of k, pitch elements apart
    const float* factors;   // f32 [k], or null
    const void* b;          // as Gemm has it
    const u8* multipliers;  // as Gemm has it
    const float* scale;     // f32 [N], of the weights alone
    const float* bias;      // f32 [N]
    const float* earlier;   // f32 [samples, N], EARLIER
    int n, k, pitch, rowsEach;
    Finish finish;
};

DEVICE float product(u32 bytes, const float* x, float sum) {  // four integers
#pragma unroll
    for (int j = 0; j < 4; j++) sum = __fmaf_rn((float)(s8)(bytes >> 8 * j), x[j], sum);
    return sum;
}

extern "C" __global__ void __launch_bounds__(128) firstRows(const __grid_constant__ FirstRows p) {
    extern __shared__ float x[];
    const int warp = threadIdx.x / 32, lane = threadIdx.x % 32, sample = blockIdx.y;
    letNextStart();
    awaitInputs();
    for (int i = threadIdx.x; i < p.k; i += 128) {
        float value = loadFloat<INPUT>(p.x, (s64)sample * p.pitch + i);
        x[i] = p.factors ? __fmul_rn(value, p.factors[i]) : value;
    }
    __syncthreads();

    const int n0 = blockIdx.x * 64 + warp * 16;
    float sum = 0.f;  // of output n0 + column
    int column = lane;
#if WEIGHT_BITS == 8
    for (int i = 0; i < min(16, p.n - n0); i++) {
        const u8* row = (const u8*)p.b + (s64)(n0 + i) * p.k;
        float part = 0.f;
        for (int k = lane * 16; k < p.k; k += 512) {
            const uint4 bytes = *(const uint4*)(row + k);
            part = product(bytes.x, x + k, part);
            part = product(bytes.y, x + k + 4, part);
            part = product(bytes.z, x + k + 8, part);
            part = product(bytes.w, x + k + 12, part);
        }
        part = warpSum(part);
        if (lane == i) sum = part;
    }
#else
    float parts[2] = {};
    for (int k = 0; n0 < p.n && k < p.k; k += 64) {
        const uint4 word = *(const uint4*)((const u8*)p.b + ((s64)blockIdx.x * (p.k / 64) + k / 64) * 2048 + warp * 512 + lane * 16);
        const u32 words[2][2] = {{word.x, word.y}, {word.z, word.w}};
#pragma unroll
        for (int s = 0; s < 2; s++) {
            u32 m[2] = {1, 1};
#if GROUP > 0
            const s64 group = (s64)blockIdx.x * ((p.k + GROUP - 1) / GROUP) + (k + s * 32) / GROUP;
            const u32 two = *(const u16*)(p.multipliers + group * 64 + warp * 16 + lane / 4 * 2);
            m[0] = two & 255, m[1] = two >> 8;
#endif
#pragma unroll
            for (int h = 0; h < 2; h++) {
                u32 low, high;
                unpackCodes(words[s][h], m[h], low, high);
                const float* at = x + k + s * 32 + lane % 4 * 4;
                parts[h] = product(low, at, parts[h]);
                parts[h] = product(high, at + 16, parts[h]);
            }
        }
    }
#pragma unroll
    for (int h = 0; h < 2; h++) {
        parts[h] += __shfl_xor_sync(0xffffffffu, parts[h], 1);
        parts[h] += __shfl_xor_sync(0xffffffffu, parts[h], 2);
    }
    sum = lane % 4 == 0 ? parts[0] : parts[1];
    column = lane % 4 < 2 ? lane % 4 * 8 + lane / 4 : 16;
#endif
    const int n = n0 + column;
    if (column >= 16 || n >= p.n) return;
    float y[1] = {__fmul_rn(sum, p.scale[n])};
    y[0] = __fadd_rn(y[0], EARLIER ? p.earlier[(s64)sample * p.n + n] : p.bias[n]);
    applyThen(y, p.finish, sample * p.rowsEach, n);
    writeSinks(y, p.finish, sample * p.rowsEach, n);
}
