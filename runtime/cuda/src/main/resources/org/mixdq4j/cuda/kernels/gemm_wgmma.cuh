// PTX of gemm_wgmma.cu in small named functions: barriers in shared memory, the tensor copy engine, wgmma. TN: tokens a tile.
#pragma once
#include "types.cuh"

struct __align__(64) TensorMap { u64 opaque[16]; };

DEVICE void barrierInit(u32 bar, int count) {
    asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(bar), "r"(count) : "memory");
}
// What was initialized is seen by the copy engine.
DEVICE void barriersReady() { asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory"); }
DEVICE void barrierArrive(u32 bar) {
    asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(bar) : "memory");
}
DEVICE void barrierArriveExpecting(u32 bar, u32 bytes) {
    asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(bar), "r"(bytes) : "memory");
}
DEVICE void barrierWait(u32 bar, u32 parity) {
    asm volatile("{\n.reg .pred done;\nagain:\n"
                 "mbarrier.try_wait.parity.shared::cta.b64 done, [%0], %1;\n@!done bra again;\n}" ::"r"(bar), "r"(parity) : "memory");
}
DEVICE void tensorLoad(u32 to, const TensorMap* map, int x, int y, u32 bar) {
    asm volatile("cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {%2, %3}], [%4];"
                 ::"r"(to), "l"(map), "r"(x), "r"(y), "r"(bar) : "memory");
}
DEVICE void bulkLoad(u32 to, const void* from, u32 bytes, u32 bar) {
    asm volatile("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], %2, [%3];"
                 ::"r"(to), "l"(from), "r"(bytes), "r"(bar) : "memory");
}
DEVICE void wgmmaFence() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }
DEVICE void wgmmaCommit() { asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory"); }
template <int PENDING> DEVICE void wgmmaWait() { asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(PENDING) : "memory"); }

// Shared-memory matrix of 128-byte rows with the 128-byte swizzle, 1024-byte aligned; K steps of 32 bytes add 2 to it.
DEVICE u64 matrixDescriptor(u32 address) {
    return (u64)(address >> 4 & 0x3fff) | (u64)1 << 16 | (u64)(1024 >> 4) << 32 | (u64)1 << 62;
}

// One wgmma of 64 outputs x SLAB tokens x 32: d += weights * tokens. D32(i): registers d[i], ..., d[i + 31].
#define D4(i) "+r"(d[i]), "+r"(d[i + 1]), "+r"(d[i + 2]), "+r"(d[i + 3])
#define D32(i) D4(i), D4(i + 4), D4(i + 8), D4(i + 12), D4(i + 16), D4(i + 20), D4(i + 24), D4(i + 28)
#define NAMES_0_31 "%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15,%16,%17,%18,%19,%20,%21,%22,%23,%24,%25,%26,%27,%28,%29,%30,%31"
#define NAMES_32_63 "%32,%33,%34,%35,%36,%37,%38,%39,%40,%41,%42,%43,%44,%45,%46,%47,%48,%49,%50,%51,%52,%53,%54,%55,%56,%57,%58,%59,%60,%61,%62,%63"
DEVICE void wgmma(int* d, u64 weights, u64 tokens) {
#if TN < 128
    asm volatile("wgmma.mma_async.sync.aligned.m64n64k32.s32.s8.u8 {" NAMES_0_31 "}, %32, %33, 1;"
                 : D32(0) : "l"(weights), "l"(tokens));
#else
    asm volatile("wgmma.mma_async.sync.aligned.m64n128k32.s32.s8.u8 {" NAMES_0_31 "," NAMES_32_63 "}, %64, %65, 1;"
                 : D32(0), D32(32) : "l"(weights), "l"(tokens));
#endif
}
DEVICE void wgmma(int* d, const u32 (&w)[4], u64 tokens) {
#if TN < 128
    asm volatile("wgmma.mma_async.sync.aligned.m64n64k32.s32.s8.u8 {" NAMES_0_31 "}, {%32,%33,%34,%35}, %36, 1;"
                 : D32(0) : "r"(w[0]), "r"(w[1]), "r"(w[2]), "r"(w[3]), "l"(tokens));
#else
    asm volatile("wgmma.mma_async.sync.aligned.m64n128k32.s32.s8.u8 {" NAMES_0_31 "," NAMES_32_63 "}, {%64,%65,%66,%67}, %68, 1;"
                 : D32(0), D32(32) : "r"(w[0]), "r"(w[1]), "r"(w[2]), "r"(w[3]), "l"(tokens));
#endif
}
