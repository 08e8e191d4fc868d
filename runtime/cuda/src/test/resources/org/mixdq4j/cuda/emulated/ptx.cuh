// What kernels/ptx.cuh does, in C++ for emulation.h.
#pragma once

DEVICE float floatOfF16(u16 bits) { _Float16 h; memcpy(&h, &bits, 2); return (float)h; }
DEVICE u16 f16OfFloat(float x) { _Float16 h = (_Float16)x; u16 bits; memcpy(&bits, &h, 2); return bits; }
DEVICE u16 bf16OfFloat(float x) {
    u32 bits = __float_as_uint(x);
    return x != x ? 0x7fff : (u16)(bits + 0x7fff + (bits >> 16 & 1) >> 16);
}
template <int TYPE> DEVICE u32 packHalves(float lo, float hi) {
    return TYPE == BF16 ? bf16OfFloat(lo) | (u32)bf16OfFloat(hi) << 16 : f16OfFloat(lo) | (u32)f16OfFloat(hi) << 16;
}

DEVICE float2 loadWritten(const float2* from) { return *from; }

DEVICE void letNextStart() {}
DEVICE void awaitInputs() {}

DEVICE u32 clusterRank() { return blockIdx.z % EMULATED_CLUSTER; }
DEVICE void clusterBarrier() { meet(emulatedCluster, emulatedAliveInCluster); }
DEVICE int4 loadFromRank(u32 address, u32 rank) {
    if (address % 16 || address + 16 > EMULATED_DYNAMIC || rank >= EMULATED_CLUSTER) emulatedFail("a place that no block of the cluster has");
    int4 v;
    memcpy(&v, (own == &emulatedBlocks[rank] ? emulatedShared : emulatedBlocks[rank].shared) + address, 16);
    return v;
}

DEVICE u32 sharedAddress(const void* pointer) { return (u32)__cvta_generic_to_shared((const unsigned char*)pointer); }

// Copies are made when they are waited for, as late as a GPU may.
DEVICE void copyAsync(u32 target, const void* source, bool inside) {
    if (target % 16 || (inside && (size_t)source % 16)) emulatedFail("a copy of 16 bytes from or to a place that is no multiple of 16");
    memset(emulatedShared + target, 0xff, 16);
    own->fibers[emulatedCurrent].copies.add(emulatedShared + target, inside ? source : nullptr);
}
DEVICE void commitCopies() { own->fibers[emulatedCurrent].copies.committed++; }
template <int PENDING> DEVICE void waitCopies() {
    CopiesInFlight& copies = own->fibers[emulatedCurrent].copies;
    copies.waited = max(copies.waited, copies.committed - PENDING);
    int made = 0;
    for (; made < copies.count && copies.first[made].group < copies.waited; made++) {
        const CopyInFlight& copy = copies.first[made];
        if (copy.from) memcpy(copy.to, copy.from, 16);
        else memset(copy.to, 0, 16);
    }
    copies.count -= made;
    memmove(copies.first, copies.first + made, copies.count * sizeof(CopyInFlight));
}

template <int COUNT> DEVICE void emulatedMatrices(u32* r, u32 address, bool transposed) {
    if (address % 16) emulatedFail("a matrix row that is no multiple of 16");
    shownBy(laneOf()).word[0] = address;
    meetWarp();
    const int lane = laneOf();
    for (int m = 0; m < COUNT; m++) {
        u16 lo, hi;
        if (transposed) {
            memcpy(&lo, emulatedShared + shownBy(m * 8 + lane % 4 * 2).word[0] + lane / 4 * 2, 2);
            memcpy(&hi, emulatedShared + shownBy(m * 8 + lane % 4 * 2 + 1).word[0] + lane / 4 * 2, 2);
        } else {
            const unsigned char* row = emulatedShared + shownBy(m * 8 + lane / 4).word[0] + lane % 4 * 4;
            memcpy(&lo, row, 2), memcpy(&hi, row + 2, 2);
        }
        r[m] = lo | (u32)hi << 16;
    }
    meetWarp();
}
DEVICE void loadMatrix4(u32 (&r)[4], u32 address) { emulatedMatrices<4>(r, address, false); }
DEVICE void loadMatrix4Transposed(u32 (&r)[4], u32 address) { emulatedMatrices<4>(r, address, true); }
DEVICE void loadMatrix2(u32& r0, u32& r1, u32 address) {
    u32 r[2];
    emulatedMatrices<2>(r, address, false);
    r0 = r[0], r1 = r[1];
}

// Fragments of m16n8k32 (bytes) and m16n8k16 (halves), which lie alike: lane 4 g + t holds bytes 4 t ... 4 t + 3 and 16 + 4 t ... of rows g and g + 8 of a,
// the same of column g of b, and columns 2 t, 2 t + 1 of rows g and g + 8 of d.
DEVICE void emulatedShow(const u32 (&a)[4], u32 b0, u32 b1) {
    Shown& mine = shownBy(laneOf());
    for (int i = 0; i < 4; i++) mine.word[i] = a[i];
    mine.word[4] = b0, mine.word[5] = b1;
    meetWarp();
}
DEVICE void emulatedRow(unsigned char (&bytes)[32], int row) {
    for (int t = 0; t < 4; t++)
        for (int half = 0; half < 2; half++) {
            u32 word = (u32)shownBy(row % 8 * 4 + t).word[row / 8 + 2 * half];
            memcpy(bytes + 16 * half + 4 * t, &word, 4);
        }
}
DEVICE void emulatedColumn(unsigned char (&bytes)[32], int column) {
    for (int t = 0; t < 4; t++)
        for (int half = 0; half < 2; half++) {
            u32 word = (u32)shownBy(column * 4 + t).word[4 + half];
            memcpy(bytes + 16 * half + 4 * t, &word, 4);
        }
}
DEVICE void multiplyBytes(int (&d)[4], const u32 (&a)[4], u32 b0, u32 b1) {
    emulatedShow(a, b0, b1);
    for (int i = 0; i < 4; i++) {
        unsigned char row[32], column[32];
        emulatedRow(row, laneOf() / 4 + i / 2 * 8), emulatedColumn(column, laneOf() % 4 * 2 + i % 2);
        for (int k = 0; k < 32; k++) d[i] += row[k] * (s8)column[k];
    }
    meetWarp();
}
template <int TYPE> DEVICE void multiplyHalves(float (&d)[4], const u32 (&a)[4], u32 b0, u32 b1) {
    emulatedShow(a, b0, b1);
    for (int i = 0; i < 4; i++) {
        unsigned char row[32], column[32];
        emulatedRow(row, laneOf() / 4 + i / 2 * 8), emulatedColumn(column, laneOf() % 4 * 2 + i % 2);
        double sum = d[i];
        for (int k = 0; k < 16; k++) {
            u16 x, y;
            memcpy(&x, row + 2 * k, 2), memcpy(&y, column + 2 * k, 2);
            float fx = TYPE == BF16 ? __uint_as_float((u32)x << 16) : floatOfF16(x), fy = TYPE == BF16 ? __uint_as_float((u32)y << 16) : floatOfF16(y);
            sum += (double)fx * fy;
        }
        d[i] = (float)sum;
    }
    meetWarp();
}
DEVICE void syncFirst(int threads) { meet(own->named[1], threads); }
DEVICE int dot4(u32 a, u32 b, int sum) {
    for (int i = 0; i < 4; i++) sum += (int)(a >> 8 * i & 255) * (s8)(b >> 8 * i & 255);
    return sum;
}
