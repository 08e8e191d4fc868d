// What kernels/gemm_wgmma.cuh does, in C++ for emulation.h: barriers of arrivals and bytes, copies that are made at once (so that a stage
// that is filled too early shows), wgmma in plain loops over swizzled shared memory.
#pragma once
#include "types.cuh"

#include "tensor_copies.cuh"

DEVICE void barrierInit(u32 bar, int count) { emulatedInit(bar, count); }
DEVICE void barriersReady() {}
DEVICE void barrierArrive(u32 bar) { emulatedArrive(bar, 0); }
DEVICE void barrierArriveExpecting(u32 bar, u32 bytes) { emulatedArrive(bar, bytes); }
DEVICE void barrierWait(u32 bar, u32 parity) { emulatedAwait(bar, parity); }
// The 128-byte swizzle: bits 4 to 6 of an address are exclusive-ored with bits 7 to 9.
DEVICE u32 emulatedSwizzle(u32 address) { return address ^ (address >> 7 & 7) << 4; }
DEVICE void tensorLoad(u32 to, const TensorMap* map, int x, int y, u32 bar) {
    if (to % 1024 || map->rank != 2 || map->box[0] != 128) emulatedFail("a box that is not copied as the swizzle wants");
    for (int row = 0; row < map->box[1]; row++)
        for (int column = 0; column < 128; column++) {
            bool inside = x + column < map->dims[0] && y + row < map->dims[1];
            emulatedShared[emulatedSwizzle(to + row * 128 + column)] =
                inside ? ((const u8*)map->address)[(y + row) * map->strides[0] + x + column] : 0;
        }
    emulatedCame(bar, map->box[1] * 128);
}
DEVICE void bulkLoad(u32 to, const void* from, u32 bytes, u32 bar) {
    if (to % 16 || (u64)from % 16 || bytes % 16) emulatedFail("a copy from or to a place that is no multiple of 16");
    memcpy(emulatedShared + to, from, bytes);
    emulatedCame(bar, bytes);
}

DEVICE void wgmmaFence() {}
DEVICE void wgmmaCommit() {}
template <int PENDING> DEVICE void wgmmaWait() {}
DEVICE u64 matrixDescriptor(u32 address) {
    if (address % 1024) emulatedFail("a matrix that is no multiple of 1024");
    return address >> 4;
}
DEVICE u8 emulatedElement(u64 matrix, int row, int k) { return emulatedShared[emulatedSwizzle((u32)(matrix << 4) + row * 128 + k)]; }

// weights: 32 integers of this thread's rows g and g + 8.
DEVICE void emulatedProducts(int* d, const s8 (&weights)[2][32], u64 tokens) {
    for (int i = 0; i < (TN < 128 ? TN : 128) / 2; i++) {
        int token = i / 4 * 8 + laneOf() % 4 * 2 + i % 2;
        for (int k = 0; k < 32; k++) d[i] += weights[i / 2 % 2][k] * emulatedElement(tokens, token, k);
    }
}
DEVICE void wgmma(int* d, u64 weights, u64 tokens) {
    s8 rows[2][32];
    for (int h = 0; h < 2; h++)
        for (int k = 0; k < 32; k++) rows[h][k] = (s8)emulatedElement(weights, threadIdx.x / 32 % 4 * 16 + laneOf() / 4 + 8 * h, k);
    emulatedProducts(d, rows, tokens);
}
DEVICE void wgmma(int* d, const u32 (&w)[4], u64 tokens) {
    for (int i = 0; i < 4; i++) shownBy(laneOf()).word[i] = w[i];
    meetWarp();
    s8 rows[2][32];
    for (int h = 0; h < 2; h++)
        for (int t = 0; t < 4; t++)
            for (int half = 0; half < 2; half++) {
                u32 word = (u32)shownBy(laneOf() / 4 * 4 + t).word[h + 2 * half];
                memcpy(rows[h] + 16 * half + 4 * t, &word, 4);
            }
    meetWarp();
    emulatedProducts(d, rows, tokens);
}
