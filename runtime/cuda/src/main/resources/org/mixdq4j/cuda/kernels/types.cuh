// Types, rounding and functions that all kernels share. No includes: NVRTC compiles it without a toolkit's headers.
#pragma once

typedef unsigned char u8;
typedef signed char s8;
typedef unsigned short u16;  // the bits of a half, of either kind, too
typedef unsigned int u32;
typedef long long s64;
typedef unsigned long long u64;

#define DEVICE static __device__ __forceinline__

// Element types of floats, in macros.
#define F32 0
#define F16 1
#define BF16 2

#include "ptx.cuh"

// ---- rounding ----
DEVICE float floatOfBf16(u16 bits) { return __uint_as_float((u32)bits << 16); }
template <int TYPE> DEVICE float floatOf(u16 bits) { return TYPE == BF16 ? floatOfBf16(bits) : floatOfF16(bits); }

// Element `index` of a row of TYPE, and COUNT of them from there on. Addresses of more than one are multiples of their size.
template <int TYPE> DEVICE float loadFloat(const void* from, s64 index) {
    return TYPE == F32 ? ((const float*)from)[index] : floatOf<TYPE>(((const u16*)from)[index]);
}
template <int TYPE> DEVICE void storeFloat(void* to, s64 index, float x) {
    if (TYPE == F32) ((float*)to)[index] = x;
    else ((u16*)to)[index] = TYPE == BF16 ? bf16OfFloat(x) : f16OfFloat(x);
}
template <int TYPE, int COUNT> DEVICE void loadFloats(float (&x)[COUNT], const void* from, s64 index) {
    if (TYPE == F32 && COUNT % 4 == 0) {
#pragma unroll
        for (int i = 0; i < COUNT / 4; i++) {
            float4 v = ((const float4*)((const float*)from + index))[i];
            x[4 * i] = v.x, x[4 * i + 1] = v.y, x[4 * i + 2] = v.z, x[4 * i + 3] = v.w;
        }
    } else if (TYPE != F32 && COUNT == 8) {
        uint4 v = *(const uint4*)((const u16*)from + index);
        const u32 words[4] = {v.x, v.y, v.z, v.w};
#pragma unroll
        for (int i = 0; i < COUNT / 2; i++) x[2 * i] = floatOf<TYPE>((u16)words[i]), x[2 * i + 1] = floatOf<TYPE>((u16)(words[i] >> 16));
    } else if (TYPE != F32 && COUNT == 4) {
        uint2 v = *(const uint2*)((const u16*)from + index);
        const u32 words[2] = {v.x, v.y};
#pragma unroll
        for (int i = 0; i < COUNT / 2; i++) x[2 * i] = floatOf<TYPE>((u16)words[i]), x[2 * i + 1] = floatOf<TYPE>((u16)(words[i] >> 16));
    } else if (TYPE != F32 && COUNT == 2) {
        const u32 word = *(const u32*)((const u16*)from + index);
        x[0] = floatOf<TYPE>((u16)word), x[1 % COUNT] = floatOf<TYPE>((u16)(word >> 16));
    } else {
#pragma unroll
        for (int i = 0; i < COUNT; i++) x[i] = loadFloat<TYPE>(from, index + i);
    }
}
template <int TYPE, int COUNT> DEVICE void storeFloats(void* to, s64 index, const float (&x)[COUNT]) {
    if (TYPE == F32 && COUNT % 4 == 0) {
#pragma unroll
        for (int i = 0; i < COUNT / 4; i++)
            ((float4*)((float*)to + index))[i] = make_float4(x[4 * i], x[4 * i + 1], x[4 * i + 2], x[4 * i + 3]);
    } else if (TYPE != F32 && COUNT == 8) {
        *(uint4*)((u16*)to + index) = make_uint4(packHalves<TYPE>(x[0], x[1]), packHalves<TYPE>(x[2 % COUNT], x[3 % COUNT]),
                                                 packHalves<TYPE>(x[4 % COUNT], x[5 % COUNT]), packHalves<TYPE>(x[6 % COUNT], x[7 % COUNT]));
    } else if (TYPE != F32 && COUNT == 4) {
        *(uint2*)((u16*)to + index) = make_uint2(packHalves<TYPE>(x[0], x[1]), packHalves<TYPE>(x[2 % COUNT], x[3 % COUNT]));
    } else if (TYPE != F32 && COUNT == 2) {
        *(u32*)((u16*)to + index) = packHalves<TYPE>(x[0], x[1 % COUNT]);
    } else {
#pragma unroll
        for (int i = 0; i < COUNT; i++) storeFloat<TYPE>(to, index + i, x[i]);
    }
}

// Bits of 2^23 + clamp(rint(x * inverseScale + zeroPoint), 0, largest): the integer is the low byte. Half to even, never fused,
// NaN gives 0 (AffineParams.quantize). Adding 2^23 rounds to an integer at full rate; F2I runs at a quarter.
DEVICE u32 levelOf(float x, float inverseScale, float zeroPoint, float largest) {
    float at = __fadd_rn(__fmul_rn(x, inverseScale), zeroPoint);
    return __float_as_uint(__fadd_rn(fminf(fmaxf(at, 0.f), largest), 8388608.f));
}
// The low bytes of four words.
DEVICE u32 packBytes(u32 a, u32 b, u32 c, u32 d) { return __byte_perm(__byte_perm(a, b, 0x40), __byte_perm(c, d, 0x40), 0x5410); }
template <int COUNT> DEVICE void storeLevels(u8* to, const float (&x)[COUNT], float inverseScale, float zeroPoint, float largest) {
    u32 q[COUNT];
#pragma unroll
    for (int i = 0; i < COUNT; i++) q[i] = levelOf(x[i], inverseScale, zeroPoint, largest);
    if (COUNT == 8) {
        *(uint2*)to = make_uint2(packBytes(q[0], q[1 % COUNT], q[2 % COUNT], q[3 % COUNT]), packBytes(q[4 % COUNT], q[5 % COUNT], q[6 % COUNT], q[7 % COUNT]));
    } else if (COUNT == 4) {
        *(u32*)to = packBytes(q[0], q[1 % COUNT], q[2 % COUNT], q[3 % COUNT]);
    } else if (COUNT == 2) {
        *(u16*)to = (u16)__byte_perm(q[0], q[1 % COUNT], 0x40);
    } else {
#pragma unroll
        for (int i = 0; i < COUNT; i++) to[i] = (u8)q[i];
    }
}

// ---- functions, each as its definition in float32 ----
DEVICE float silu(float x) { return __fdividef(x, 1.f + __expf(-x)); }
DEVICE float geluErf(float x) { return .5f * x * (1.f + erff(x * .70710678118654752f)); }
DEVICE float geluTanh(float x) {
    return __fdividef(x, 1.f + __expf(-1.5957691216057308f * (x + .044715f * x * x * x)));  // x (1 + tanh(y / 2)) / 2
}
DEVICE float geluQuick(float x) { return __fdividef(x, 1.f + __expf(-1.702f * x)); }

// ---- a warp ----
DEVICE float warpSum(float x) {
#pragma unroll
    for (int i = 16; i; i >>= 1) x += __shfl_xor_sync(0xffffffffu, x, i);
    return x;
}
DEVICE float warpMax(float x) {
#pragma unroll
    for (int i = 16; i; i >>= 1) x = fmaxf(x, __shfl_xor_sync(0xffffffffu, x, i));
    return x;
}
// |x|, and infinity for NaN, so that a maximum keeps it.
DEVICE float magnitude(float x) { return x == x ? fabsf(x) : __int_as_float(0x7f800000); }

// A row's scale as TokenParams.scale, with steps = 2^(bits - 1) - 1: NaN if the row held a value that is not finite (see magnitude).
DEVICE float tokenScale(float largest, float steps) {
    return largest < __int_as_float(0x7f800000) ? fmaxf(__fdiv_rn(largest, steps), 1e-8f) : __int_as_float(0x7fffffff);
}
