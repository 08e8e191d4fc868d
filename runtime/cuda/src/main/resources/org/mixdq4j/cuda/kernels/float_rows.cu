// Few rows of floats by packed integers: layers that read one row a sample and whose weights alone are integers; and the first token's row of
// layers that leave that token in float, which overwrites what the integer product made of it.
//
//   out[row * rowsEach][n] = finish(sum_k rotated(x[row][k] * factors[k]) * b[n][k] * scale[n] + bias[n])
//
// in float32, each row's sum in one order whatever other rows there are. WEIGHT_BITS, GROUP, EARLIER as in gemm.cuh; INPUT: element type of x;
// ROWS: rows a block computes, 1, 2 or 4.
// grid: (ceil(N/64), ceil(rows/ROWS)), block: 128 (a warp 16 outputs), dynamic shared memory: 4 k ROWS.
#include "gemm.cuh"

#ifndef INPUT
#define INPUT F32
#endif
#ifndef ROWS
#define ROWS 1
#endif

// k % 16 == 0 (k % 64 == 0 for WEIGHT_BITS 4), any N.
struct FloatRows {
    const void* x;          // floats, [rows] of k, pitch elements apart
    const float* factors;   // f32 [k], or null
    const void* b;          // as Gemm has it
    const u8* multipliers;  // as Gemm has it
    const float* scale;     // f32 [N], of the weights alone
    const float* bias;      // f32 [N]
    const float* earlier;   // f32 [rows, N], EARLIER
    int rows, n, k, pitch, rowsEach;
    int rotation;           // columns a run that are rotated together (core.quant.Rotation), a power of 4 that divides k; or 0
    Finish finish;
};

// Four integers by four columns of each row, k apart. An integer becomes a float at full rate: 2^23 + (integer + 128), less both.
DEVICE void addProducts(float (&sums)[ROWS], u32 bytes, const float* x, int k) {
    const u32 raised = bytes ^ 0x80808080u;
#pragma unroll
    for (int j = 0; j < 4; j++) {
        const float weight = __fadd_rn(__uint_as_float(__byte_perm(raised, 0x4b000000u, 0x7440 + j)), -8388736.f);
#pragma unroll
        for (int r = 0; r < ROWS; r++) sums[r] = __fmaf_rn(weight, x[r * k + j], sums[r]);
    }
}

// Rotates runs of `size` of `count` numbers in shared memory; for the whole block.
DEVICE void rotate(float* x, int count, int size) {
    float scale = 1.f;
    for (int stride = 1; stride < size; stride *= 4, scale *= .5f) {
        for (int i = threadIdx.x; i < count / 4; i += 128) {
            float* at = x + i / stride * 4 * stride + i % stride;
            const float a = at[0], b = at[stride], c = at[2 * stride], d = at[3 * stride];
            const float sum = __fadd_rn(a, b), minus = __fadd_rn(a, -b), plus = __fadd_rn(c, d), difference = __fadd_rn(c, -d);
            at[0] = __fadd_rn(sum, difference), at[stride] = __fadd_rn(sum, -difference);
            at[2 * stride] = __fadd_rn(minus, plus), at[3 * stride] = __fadd_rn(plus, -minus);
        }
        __syncthreads();
    }
    for (int i = threadIdx.x; size && i < count; i += 128) x[i] *= scale;
}

extern "C" __global__ void __launch_bounds__(128, 1) floatRows(const __grid_constant__ FloatRows p) {
    extern __shared__ float x[];  // [ROWS][k]
    const int warp = threadIdx.x / 32, lane = threadIdx.x % 32, row0 = blockIdx.y * ROWS;
    letNextStart();
    awaitInputs();
    for (int r = 0; r < ROWS; r++) {
        for (int i = threadIdx.x; i < p.k; i += 128) {
            float value = row0 + r < p.rows ? loadFloat<INPUT>(p.x, (s64)(row0 + r) * p.pitch + i) : 0.f;
            x[r * p.k + i] = p.factors ? __fmul_rn(value, p.factors[i]) : value;
        }
    }
    __syncthreads();
    rotate(x, ROWS * p.k, p.rotation);
    __syncthreads();

    const int n0 = blockIdx.x * 64 + warp * 16;
    float sums[ROWS] = {};  // of output n0 + column
    int column = lane;
#if WEIGHT_BITS == 8
    for (int i = 0; i < min(16, p.n - n0); i++) {
        const u8* row = (const u8*)p.b + (s64)(n0 + i) * p.k;
        float parts[ROWS] = {};
        for (int k = lane * 16; k < p.k; k += 512) {
            const uint4 bytes = *(const uint4*)(row + k);
            addProducts(parts, bytes.x, x + k, p.k);
            addProducts(parts, bytes.y, x + k + 4, p.k);
            addProducts(parts, bytes.z, x + k + 8, p.k);
            addProducts(parts, bytes.w, x + k + 12, p.k);
        }
#pragma unroll
        for (int r = 0; r < ROWS; r++) {
            parts[r] = warpSum(parts[r]);
            if (lane == i) sums[r] = parts[r];
        }
    }
#else
    float parts[2][ROWS] = {};
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
                addProducts(parts[h], low, at, p.k);
                addProducts(parts[h], high, at + 16, p.k);
            }
        }
    }
#pragma unroll
    for (int r = 0; r < ROWS; r++) {
#pragma unroll
        for (int h = 0; h < 2; h++) {
            parts[h][r] += __shfl_xor_sync(0xffffffffu, parts[h][r], 1);
            parts[h][r] += __shfl_xor_sync(0xffffffffu, parts[h][r], 2);
        }
        sums[r] = lane % 4 == 0 ? parts[0][r] : parts[1][r];
    }
    column = lane % 4 < 2 ? lane % 4 * 8 + lane / 4 : 16;
#endif
    const int n = n0 + column;
    if (column >= 16 || n >= p.n) return;
#pragma unroll
    for (int r = 0; r < ROWS; r++) {
        const int row = row0 + r;
        if (row >= p.rows) return;
        float y[1] = {__fmul_rn(sums[r], p.scale[n])};
        y[0] = __fadd_rn(y[0], EARLIER ? p.earlier[(s64)row * p.n + n] : p.bias[n]);
        applyThen(y, p.finish, row * p.rowsEach, n);
        writeSinks(y, p.finish, row * p.rowsEach, n);
    }
}
