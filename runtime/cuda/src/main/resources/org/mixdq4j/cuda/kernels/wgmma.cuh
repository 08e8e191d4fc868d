// PTX of conv_wgmma.cu: barriers and the tensor copy engine, and wgmma for each width BN, since PTX wants every register named (written by a
// program, not by hand).
#pragma once
#include "conv.cuh"

struct alignas(64) TensorMap {
    u64 words[16];
};
DEVICE void initBarrier(u32 barrier, int arrivals) { asm volatile("mbarrier.init.shared.b64 [%0], %1;" ::"r"(barrier), "r"(arrivals)); }
// What was initialized is seen by the copy engine.
DEVICE void barriersReady() { asm volatile("fence.mbarrier_init.release.cluster;\n\tfence.proxy.async;" ::: "memory"); }
DEVICE void arrive(u32 barrier) { asm volatile("mbarrier.arrive.shared.b64 _, [%0];" ::"r"(barrier) : "memory"); }
DEVICE void expectBytes(u32 barrier, int bytes) {
    asm volatile("mbarrier.arrive.expect_tx.shared.b64 _, [%0], %1;" ::"r"(barrier), "r"(bytes) : "memory");
}
DEVICE void await(u32 barrier, u32 parity) {
    u32 done = 0;
    while (!done)
        asm volatile("{\n\t.reg .pred p;\n\tmbarrier.try_wait.parity.shared.b64 p, [%1], %2;\n\tselp.u32 %0, 1, 0, p;\n\t}"
                     : "=r"(done) : "r"(barrier), "r"(parity) : "memory");
}
DEVICE void prefetchMap(const TensorMap& map) { asm volatile("prefetch.tensormap [%0];" ::"l"(&map) : "memory"); }
DEVICE void copyBox4(u32 target, const TensorMap& map, u32 barrier, int c, int x, int y, int image) {
    asm volatile("cp.async.bulk.tensor.4d.shared::cluster.global.tile.mbarrier::complete_tx::bytes [%0], [%1, {%3,%4,%5,%6}], [%2];"
                 ::"r"(target), "l"(&map), "r"(barrier), "r"(c), "r"(x), "r"(y), "r"(image) : "memory");
}
DEVICE void copyBox3(u32 target, const TensorMap& map, u32 barrier, int c, int tap, int output) {
    asm volatile("cp.async.bulk.tensor.3d.shared::cluster.global.tile.mbarrier::complete_tx::bytes [%0], [%1, {%3,%4,%5}], [%2];"
                 ::"r"(target), "l"(&map), "r"(barrier), "r"(c), "r"(tap), "r"(output) : "memory");
}
// A K-major tile of rows of BK bytes, swizzled over BK bytes.
DEVICE u64 matrixDescriptor(u32 address) {
    return (u64)((address & 0x3FFFF) >> 4) | (u64)1 << 16 | (u64)(8 * BK >> 4) << 32 | (u64)(BK == 128 ? 1 : 2) << 62;
}
DEVICE void wgmmaFence() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }
DEVICE void wgmmaCommit() { asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory"); }
template <int PENDING> DEVICE void wgmmaWait() { asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(PENDING) : "memory"); }

#if ELEMENTS == 0
#define WGMMA_TYPES "k32.s32.u8.s8"
#define WGMMA_END ", 1;"
#define SUM(x) "+r"(x)
#else
#define WGMMA_END ", 1, 1, 1, 0, 0;"
#define SUM(x) "+f"(x)
#if ELEMENTS == BF16
#define WGMMA_TYPES "k16.f32.bf16.bf16"
#else
#define WGMMA_TYPES "k16.f32.f16.f16"
#endif
#endif
// d[64 x N] += a * b, both shared, 32 bytes of K, asynchronous; a warpgroup (128 threads) calls it.
// Fragment: thread t holds rows t / 32 * 16 + t % 32 / 4 (and + 8), columns 8 j + t % 4 * 2 (and + 1) as d[4 j + 0..1 (2..3)].
template <int N> static __device__ __forceinline__ void multiplyAsync(Sum (&d)[N / 2], u64 a, u64 b);
#if BN == 64
template <> __device__ __forceinline__ void multiplyAsync<64>(Sum (&d)[32], u64 a, u64 b) {
    asm volatile("wgmma.mma_async.sync.aligned.m64n64" WGMMA_TYPES " {%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, "
                 "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31}, %32, %33" WGMMA_END
                 : SUM(d[0]), SUM(d[1]), SUM(d[2]), SUM(d[3]), SUM(d[4]), SUM(d[5]), SUM(d[6]), SUM(d[7]),
                   SUM(d[8]), SUM(d[9]), SUM(d[10]), SUM(d[11]), SUM(d[12]), SUM(d[13]), SUM(d[14]), SUM(d[15]),
                   SUM(d[16]), SUM(d[17]), SUM(d[18]), SUM(d[19]), SUM(d[20]), SUM(d[21]), SUM(d[22]), SUM(d[23]),
                   SUM(d[24]), SUM(d[25]), SUM(d[26]), SUM(d[27]), SUM(d[28]), SUM(d[29]), SUM(d[30]), SUM(d[31])
                 : "l"(a), "l"(b));
}
#endif
#if BN == 80
template <> __device__ __forceinline__ void multiplyAsync<80>(Sum (&d)[40], u64 a, u64 b) {
    asm volatile("wgmma.mma_async.sync.aligned.m64n80" WGMMA_TYPES " {%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, "
                 "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, "
                 "%32, %33, %34, %35, %36, %37, %38, %39}, %40, %41" WGMMA_END
                 : SUM(d[0]), SUM(d[1]), SUM(d[2]), SUM(d[3]), SUM(d[4]), SUM(d[5]), SUM(d[6]), SUM(d[7]),
                   SUM(d[8]), SUM(d[9]), SUM(d[10]), SUM(d[11]), SUM(d[12]), SUM(d[13]), SUM(d[14]), SUM(d[15]),
                   SUM(d[16]), SUM(d[17]), SUM(d[18]), SUM(d[19]), SUM(d[20]), SUM(d[21]), SUM(d[22]), SUM(d[23]),
                   SUM(d[24]), SUM(d[25]), SUM(d[26]), SUM(d[27]), SUM(d[28]), SUM(d[29]), SUM(d[30]), SUM(d[31]),
                   SUM(d[32]), SUM(d[33]), SUM(d[34]), SUM(d[35]), SUM(d[36]), SUM(d[37]), SUM(d[38]), SUM(d[39])
                 : "l"(a), "l"(b));
}
#endif
#if BN == 128
template <> __device__ __forceinline__ void multiplyAsync<128>(Sum (&d)[64], u64 a, u64 b) {
    asm volatile("wgmma.mma_async.sync.aligned.m64n128" WGMMA_TYPES " {%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, "
                 "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, "
                 "%32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, "
                 "%48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63}, %64, %65" WGMMA_END
                 : SUM(d[0]), SUM(d[1]), SUM(d[2]), SUM(d[3]), SUM(d[4]), SUM(d[5]), SUM(d[6]), SUM(d[7]),
                   SUM(d[8]), SUM(d[9]), SUM(d[10]), SUM(d[11]), SUM(d[12]), SUM(d[13]), SUM(d[14]), SUM(d[15]),
                   SUM(d[16]), SUM(d[17]), SUM(d[18]), SUM(d[19]), SUM(d[20]), SUM(d[21]), SUM(d[22]), SUM(d[23]),
                   SUM(d[24]), SUM(d[25]), SUM(d[26]), SUM(d[27]), SUM(d[28]), SUM(d[29]), SUM(d[30]), SUM(d[31]),
                   SUM(d[32]), SUM(d[33]), SUM(d[34]), SUM(d[35]), SUM(d[36]), SUM(d[37]), SUM(d[38]), SUM(d[39]),
                   SUM(d[40]), SUM(d[41]), SUM(d[42]), SUM(d[43]), SUM(d[44]), SUM(d[45]), SUM(d[46]), SUM(d[47]),
                   SUM(d[48]), SUM(d[49]), SUM(d[50]), SUM(d[51]), SUM(d[52]), SUM(d[53]), SUM(d[54]), SUM(d[55]),
                   SUM(d[56]), SUM(d[57]), SUM(d[58]), SUM(d[59]), SUM(d[60]), SUM(d[61]), SUM(d[62]), SUM(d[63])
                 : "l"(a), "l"(b));
}
#endif
#if BN == 160
template <> __device__ __forceinline__ void multiplyAsync<160>(Sum (&d)[80], u64 a, u64 b) {
    asm volatile("wgmma.mma_async.sync.aligned.m64n160" WGMMA_TYPES " {%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, "
                 "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, "
                 "%32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, "
                 "%48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63, "
                 "%64, %65, %66, %67, %68, %69, %70, %71, %72, %73, %74, %75, %76, %77, %78, %79}, %80, %81" WGMMA_END
                 : SUM(d[0]), SUM(d[1]), SUM(d[2]), SUM(d[3]), SUM(d[4]), SUM(d[5]), SUM(d[6]), SUM(d[7]),
                   SUM(d[8]), SUM(d[9]), SUM(d[10]), SUM(d[11]), SUM(d[12]), SUM(d[13]), SUM(d[14]), SUM(d[15]),
                   SUM(d[16]), SUM(d[17]), SUM(d[18]), SUM(d[19]), SUM(d[20]), SUM(d[21]), SUM(d[22]), SUM(d[23]),
                   SUM(d[24]), SUM(d[25]), SUM(d[26]), SUM(d[27]), SUM(d[28]), SUM(d[29]), SUM(d[30]), SUM(d[31]),
                   SUM(d[32]), SUM(d[33]), SUM(d[34]), SUM(d[35]), SUM(d[36]), SUM(d[37]), SUM(d[38]), SUM(d[39]),
                   SUM(d[40]), SUM(d[41]), SUM(d[42]), SUM(d[43]), SUM(d[44]), SUM(d[45]), SUM(d[46]), SUM(d[47]),
                   SUM(d[48]), SUM(d[49]), SUM(d[50]), SUM(d[51]), SUM(d[52]), SUM(d[53]), SUM(d[54]), SUM(d[55]),
                   SUM(d[56]), SUM(d[57]), SUM(d[58]), SUM(d[59]), SUM(d[60]), SUM(d[61]), SUM(d[62]), SUM(d[63]),
                   SUM(d[64]), SUM(d[65]), SUM(d[66]), SUM(d[67]), SUM(d[68]), SUM(d[69]), SUM(d[70]), SUM(d[71]),
                   SUM(d[72]), SUM(d[73]), SUM(d[74]), SUM(d[75]), SUM(d[76]), SUM(d[77]), SUM(d[78]), SUM(d[79])
                 : "l"(a), "l"(b));
}
#endif
#if BN == 256
template <> __device__ __forceinline__ void multiplyAsync<256>(Sum (&d)[128], u64 a, u64 b) {
    asm volatile("wgmma.mma_async.sync.aligned.m64n256" WGMMA_TYPES " {%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, "
                 "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, "
                 "%32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, "
                 "%48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63, "
                 "%64, %65, %66, %67, %68, %69, %70, %71, %72, %73, %74, %75, %76, %77, %78, %79, "
                 "%80, %81, %82, %83, %84, %85, %86, %87, %88, %89, %90, %91, %92, %93, %94, %95, "
                 "%96, %97, %98, %99, %100, %101, %102, %103, %104, %105, %106, %107, %108, %109, %110, %111, "
                 "%112, %113, %114, %115, %116, %117, %118, %119, %120, %121, %122, %123, %124, %125, %126, %127}, %128, %129" WGMMA_END
                 : SUM(d[0]), SUM(d[1]), SUM(d[2]), SUM(d[3]), SUM(d[4]), SUM(d[5]), SUM(d[6]), SUM(d[7]),
                   SUM(d[8]), SUM(d[9]), SUM(d[10]), SUM(d[11]), SUM(d[12]), SUM(d[13]), SUM(d[14]), SUM(d[15]),
                   SUM(d[16]), SUM(d[17]), SUM(d[18]), SUM(d[19]), SUM(d[20]), SUM(d[21]), SUM(d[22]), SUM(d[23]),
                   SUM(d[24]), SUM(d[25]), SUM(d[26]), SUM(d[27]), SUM(d[28]), SUM(d[29]), SUM(d[30]), SUM(d[31]),
                   SUM(d[32]), SUM(d[33]), SUM(d[34]), SUM(d[35]), SUM(d[36]), SUM(d[37]), SUM(d[38]), SUM(d[39]),
                   SUM(d[40]), SUM(d[41]), SUM(d[42]), SUM(d[43]), SUM(d[44]), SUM(d[45]), SUM(d[46]), SUM(d[47]),
                   SUM(d[48]), SUM(d[49]), SUM(d[50]), SUM(d[51]), SUM(d[52]), SUM(d[53]), SUM(d[54]), SUM(d[55]),
                   SUM(d[56]), SUM(d[57]), SUM(d[58]), SUM(d[59]), SUM(d[60]), SUM(d[61]), SUM(d[62]), SUM(d[63]),
                   SUM(d[64]), SUM(d[65]), SUM(d[66]), SUM(d[67]), SUM(d[68]), SUM(d[69]), SUM(d[70]), SUM(d[71]),
                   SUM(d[72]), SUM(d[73]), SUM(d[74]), SUM(d[75]), SUM(d[76]), SUM(d[77]), SUM(d[78]), SUM(d[79]),
                   SUM(d[80]), SUM(d[81]), SUM(d[82]), SUM(d[83]), SUM(d[84]), SUM(d[85]), SUM(d[86]), SUM(d[87]),
                   SUM(d[88]), SUM(d[89]), SUM(d[90]), SUM(d[91]), SUM(d[92]), SUM(d[93]), SUM(d[94]), SUM(d[95]),
                   SUM(d[96]), SUM(d[97]), SUM(d[98]), SUM(d[99]), SUM(d[100]), SUM(d[101]), SUM(d[102]), SUM(d[103]),
                   SUM(d[104]), SUM(d[105]), SUM(d[106]), SUM(d[107]), SUM(d[108]), SUM(d[109]), SUM(d[110]), SUM(d[111]),
                   SUM(d[112]), SUM(d[113]), SUM(d[114]), SUM(d[115]), SUM(d[116]), SUM(d[117]), SUM(d[118]), SUM(d[119]),
                   SUM(d[120]), SUM(d[121]), SUM(d[122]), SUM(d[123]), SUM(d[124]), SUM(d[125]), SUM(d[126]), SUM(d[127])
                 : "l"(a), "l"(b));
}
#endif
