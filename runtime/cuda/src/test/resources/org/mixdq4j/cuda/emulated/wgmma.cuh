// What kernels/wgmma.cuh does, in C++ for emulation.h: boxes that are copied at once (so that a stage that is filled too early shows), zeros
// outside, and wgmma in plain loops over swizzled shared memory.
#pragma once
#include "conv.cuh"
#include "tensor_copies.cuh"

// Barriers are told apart by their places, which are behind dynamic shared memory.
DEVICE u32 sharedAddress(const u64*) { return EMULATED_DYNAMIC; }
DEVICE void initBarrier(u32 barrier, int arrivals) { emulatedInit(barrier, arrivals); }
DEVICE void barriersReady() {}
DEVICE void arrive(u32 barrier) { emulatedArrive(barrier, 0); }
DEVICE void expectBytes(u32 barrier, int bytes) { emulatedArrive(barrier, bytes); }
DEVICE void await(u32 barrier, u32 parity) { emulatedAwait(barrier, parity); }
DEVICE void prefetchMap(const TensorMap&) {}

// The swizzle over rows of BK bytes: bits 4 to 6 (64 bytes: 4 and 5) of an address are exclusive-ored with bits 7 to 9 (7 and 8).
DEVICE u32 emulatedSwizzle(u32 address) { return address ^ (address >> 7 & (BK == 128 ? 7 : 3)) << 4; }
DEVICE void emulatedBox(u32 target, const TensorMap& map, u32 barrier, int rank, const int (&start)[4]) {
    if (target % 1024 || map.rank != rank || map.box[0] != BK || map.steps[0] != 1) emulatedFail("a box that is not copied as the swizzle wants");
    u32 at = target;
    int i[4] = {};
    const int count1 = (map.box[1] + map.steps[1] - 1) / map.steps[1], count2 = (map.box[2] + map.steps[2] - 1) / map.steps[2];
    const int count3 = rank < 4 ? 1 : (map.box[3] + map.steps[3] - 1) / map.steps[3];
    for (i[3] = 0; i[3] < count3; i[3]++)
        for (i[2] = 0; i[2] < count2; i[2]++)
            for (i[1] = 0; i[1] < count1; i[1]++)
                for (i[0] = 0; i[0] < BK; i[0]++, at++) {
                    const u8* from = (const u8*)map.address;
                    bool inside = true;
                    for (int axis = 0; axis < rank; axis++) {
                        const int place = start[axis] + i[axis] * map.steps[axis];
                        inside = inside && place >= 0 && place < map.dims[axis];
                        from += axis == 0 ? place : place * (s64)map.strides[axis - 1];
                    }
                    emulatedShared[emulatedSwizzle(at)] = inside ? *from : 0;
                }
    emulatedCame(barrier, at - target);
}
DEVICE void copyBox4(u32 target, const TensorMap& map, u32 barrier, int c, int x, int y, int image) {
    emulatedBox(target, map, barrier, 4, {c, x, y, image});
}
DEVICE void copyBox3(u32 target, const TensorMap& map, u32 barrier, int c, int tap, int output) {
    emulatedBox(target, map, barrier, 3, {c, tap, output, 0});
}

DEVICE void wgmmaFence() {}
DEVICE void wgmmaCommit() {}
template <int PENDING> DEVICE void wgmmaWait() {}
DEVICE u64 matrixDescriptor(u32 address) {
    if (address % 1024) emulatedFail("a matrix that is no multiple of 1024");
    return address >> 4;
}
DEVICE const u8* emulatedElement(u64 matrix, int row, int byte) { return emulatedShared + emulatedSwizzle((u32)(matrix << 4) + row * BK + byte); }
DEVICE float emulatedHalf(const u8* at) {
    u16 bits;
    memcpy(&bits, at, 2);
    return ELEMENTS == BF16 ? __uint_as_float((u32)bits << 16) : floatOfF16(bits);
}
template <int N> DEVICE void multiplyAsync(Sum (&d)[N / 2], u64 a, u64 b) {
    for (int i = 0; i < N / 2; i++) {
        const int row = threadIdx.x / 32 % 4 * 16 + laneOf() / 4 + i / 2 % 2 * 8, column = i / 4 * 8 + laneOf() % 4 * 2 + i % 2;
        double sum = d[i];
        for (int k = 0; k < 32; k += ELEMENTS == 0 ? 1 : 2)
            sum += ELEMENTS == 0 ? *emulatedElement(a, row, k) * (double)(s8)*emulatedElement(b, column, k)
                                 : (double)emulatedHalf(emulatedElement(a, row, k)) * emulatedHalf(emulatedElement(b, column, k));
        d[i] = (Sum)sum;
    }
}
