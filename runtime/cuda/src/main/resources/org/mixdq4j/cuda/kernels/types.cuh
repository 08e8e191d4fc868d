// Types, rounding and small PTX wrappers that all kernels share. No includes: NVRTC compiles it without a toolkit's headers.
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

// ---- rounding ----
DEVICE float floatOfF16(u16 bits) {
    float x;
    asm("cvt.f32.f16 %0, %1;" : "=f"(x) : "h"(bits));
    return x;
}
DEVICE u16 f16OfFloat(float x) {
    u16 bits;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(bits) : "f"(x));
    return bits;
}
DEVICE float floatOfBf16(u16 bits) { return __uint_as_float((u32)bits << 16); }
DEVICE u16 bf16OfFloat(float x) {
    u16 bits;
    asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(bits) : "f"(x));
    return bits;
}
// lo in the low half.
template <int TYPE> DEVICE u32 packHalves(float lo, float hi) {
    u32 pair;
    if (TYPE == BF16) asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(hi), "f"(lo));
    else asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(hi), "f"(lo));
    return pair;
}
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

// ---- launches ----
// Programmatic dependent launch (sm_90 and later): a kernel may start while the one before it ends. Whatever a kernel reads that the one before
// wrote, and whatever it writes, comes after awaitInputs(); weights may be read before. All kernels call both.
DEVICE void letNextStart() {
#if __CUDA_ARCH__ >= 900
    asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
#endif
}
DEVICE void awaitInputs() {
#if __CUDA_ARCH__ >= 900
    asm volatile("griddepcontrol.wait;" ::: "memory");
#endif
}

// A cluster of blocks (sm_90 and later): rank, barrier, and 16 bytes of another block's shared memory.
#if __CUDA_ARCH__ >= 900
DEVICE u32 clusterRank() {
    u32 rank;
    asm volatile("mov.u32 %0, %%cluster_ctarank;" : "=r"(rank));
    return rank;
}
DEVICE void clusterBarrier() {
    asm volatile("barrier.cluster.arrive.release.aligned;\n\tbarrier.cluster.wait.acquire.aligned;" ::: "memory");
}
DEVICE int4 loadFromRank(u32 address, u32 rank) {
    u32 remote;
    int4 v;
    asm volatile("mapa.shared::cluster.u32 %0, %1, %2;" : "=r"(remote) : "r"(address), "r"(rank));
    asm volatile("ld.shared::cluster.v4.s32 {%0,%1,%2,%3}, [%4];" : "=r"(v.x), "=r"(v.y), "=r"(v.z), "=r"(v.w) : "r"(remote) : "memory");
    return v;
}
#endif

// ---- shared memory and matrix instructions ----
DEVICE u32 sharedAddress(const void* pointer) { return (u32)__cvta_generic_to_shared(pointer); }

// 16 bytes from global to shared memory; zeros where !inside (source is then not read, but must be a valid pointer).
DEVICE void copyAsync(u32 target, const void* source, bool inside) {
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(target), "l"(source), "r"(inside ? 16 : 0) : "memory");
}
DEVICE void commitCopies() { asm volatile("cp.async.commit_group;" ::: "memory"); }
template <int PENDING> DEVICE void waitCopies() { asm volatile("cp.async.wait_group %0;" ::"n"(PENDING) : "memory"); }

// Four (two) 8x16-byte matrices; lane i gives the address of row i % 8 of matrix i / 8.
DEVICE void loadMatrix4(u32 (&r)[4], u32 address) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(address) : "memory");
}
DEVICE void loadMatrix4Transposed(u32 (&r)[4], u32 address) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(address) : "memory");
}
DEVICE void loadMatrix2(u32& r0, u32& r1, u32 address) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%0,%1}, [%2];" : "=r"(r0), "=r"(r1) : "r"(address) : "memory");
}

// d[16x8] += a[16x32] (u8) * b[32x8] (s8), exact 32-bit sums.
DEVICE void multiplyBytes(int (&d)[4], const u32 (&a)[4], u32 b0, u32 b1) {
    asm volatile("mma.sync.aligned.m16n8k32.row.col.s32.u8.s8.s32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
                 : "+r"(d[0]), "+r"(d[1]), "+r"(d[2]), "+r"(d[3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}
// d[16x8] += a[16x16] * b[16x8] in halves of TYPE, FP32 sums. Fragments lie as the bytes of multiplyBytes.
template <int TYPE> DEVICE void multiplyHalves(float (&d)[4], const u32 (&a)[4], u32 b0, u32 b1) {
    if (TYPE == BF16)
        asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
                     : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
    else
        asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
                     : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}
