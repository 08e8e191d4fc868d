// Products of rows for sm_80 and later: mma.sync m16n8k32 (u8 x s8) or m16n8k16 (halves), whose fragments are the same bytes; cp.async in
// STAGES stages, swizzled shared memory. Further options: BM, BN (tile), BK (bytes of K a stage: 64 or 128), STAGES, WARPS_M, WARPS_N.
// grid: (ceil(M/BM), ceil(N/BN), SPLIT), block: 32 * WARPS_M * WARPS_N, dynamic shared memory: max(STAGES * STAGE_BYTES, BM * PITCH * 4).
#include "gemm.cuh"

#define THREADS (32 * WARPS_M * WARPS_N)
#define CHUNKS (BK / 16)                         // 16-byte chunks of a row in shared memory
#define A_BYTES (BM * BK)
#define B_BYTES (BN * BK * WEIGHT_BITS / 8)
#define GROUPS (GROUP == 0 ? 0 : GROUP > BK ? 1 : BK / (GROUP + !GROUP))  // a stage
#define MULTIPLIER_BYTES (BN * GROUPS)
#define STAGE_BYTES (A_BYTES + B_BYTES + MULTIPLIER_BYTES)
#define PITCH (BN + 8)                           // of the staged sums: rows 32 bytes apart modulo 128, no bank conflicts
#define M_TILES (BM / WARPS_M / 16)              // m16 tiles a warp
#define N_PAIRS (BN / WARPS_N / 16)              // pairs of n8 tiles a warp
#if WEIGHT_BITS == 4 && BN % 64 != 0
#error "4-bit weights come in blocks of 64 outputs"
#endif
#if __CUDA_ARCH__ >= 900
#define EARLY 1                                  // weights are fetched before the wait
#else
#define EARLY 0
#endif

#if ELEMENTS == 0
typedef int Sum;
DEVICE void multiply(Sum (&d)[4], const u32 (&a)[4], u32 b0, u32 b1) { multiplyBytes(d, a, b0, b1); }
#else
typedef float Sum;
DEVICE void multiply(Sum (&d)[4], const u32 (&a)[4], u32 b0, u32 b1) { multiplyHalves<ELEMENTS>(d, a, b0, b1); }
#endif

// Where 16-byte chunk `chunk` of row `row` lies: eight rows of one chunk column meet all banks.
DEVICE u32 swizzled(int row, int chunk) { return row * BK + ((chunk ^ (BK == 128 ? row & 7 : row >> 1 & 3)) << 4); }

// Rows [row0, row0 + ROWS) and bytes [k0, k0 + BK) of a matrix of rows of k bytes; zeros outside.
template <int ROWS> DEVICE void copyTile(u32 to, const void* from, int rows, int k, int pitch, int row0, int k0) {
#pragma unroll
    for (int i = threadIdx.x; i < ROWS * CHUNKS; i += THREADS) {
        int row = i / CHUNKS, chunk = i % CHUNKS;
        bool valid = row0 + row < rows && k0 + chunk * 16 < k;
        copyAsync(to + swizzled(row, chunk), (const u8*)from + (valid ? (s64)(row0 + row) * pitch + k0 + chunk * 16 : 0), valid);
    }
}

// 4-bit codes: [BN/64][BK/64] blocks of 2 KiB, and multipliers [BN/64][GROUPS] of 64 bytes.
DEVICE void copyCodes(u32 to, const Gemm& p, int n0, int k0) {
    constexpr int RUN = BK / 64 * 128;           // chunks that are contiguous in memory
#pragma unroll
    for (int i = threadIdx.x; i < BN / 64 * RUN; i += THREADS) {
        int block = n0 / 64 + i / RUN, within = i % RUN;
        bool valid = block * 64 < p.n && k0 + within / 128 * 64 < p.k;
        copyAsync(to + i * 16, (const u8*)p.b + (valid ? ((s64)block * (p.k / 64) + k0 / 64) * 2048 + within * 16 : 0), valid);
    }
#if GROUP > 0
    int groups = (p.k + GROUP - 1) / GROUP;
    for (int i = threadIdx.x; i < MULTIPLIER_BYTES / 16; i += THREADS) {
        int block = n0 / 64 + i / (GROUPS * 4), within = i % (GROUPS * 4), group = k0 / GROUP + within / 4;
        bool valid = block * 64 < p.n && group < groups;
        copyAsync(to + B_BYTES + i * 16, p.multipliers + (valid ? ((s64)block * groups + group) * 64 + within % 4 * 16 : 0), valid);
    }
#endif
}

// B fragments of 16 outputs from row `n` of the tile, for K step `step` (32 bytes) of the stage.
DEVICE void loadWeights(u32 (&b)[4], u32 tile, int n, int step, int lane) {
    loadMatrix4(b, tile + swizzled(n + (lane & 7) + (lane >> 4) * 8, step * 2 + (lane >> 3 & 1)));
}
// The same for 64 bytes of K from codes: b[s] is K step s.
DEVICE void loadCodes(u32 (&b)[2][4], const u8* tile, int n, int k64, int lane) {
    uint4 w = *(const uint4*)(tile + (n / 64 * (BK / 64) + k64) * 2048 + n % 64 / 16 * 512 + lane * 16);
    u32 m[2][2] = {{1, 1}, {1, 1}};  // [step][half]
#if GROUP > 0
    for (int s = 0; s < 2; s++) {
        int group = (k64 * 64 + s * 32) / GROUP;
        u32 two = *(const u16*)(tile + B_BYTES + (n / 64 * GROUPS + group) * 64 + n % 64 + lane / 4 * 2);
        m[s][0] = two & 255, m[s][1] = two >> 8;
    }
#endif
    unpackCodes(w.x, m[0][0], b[0][0], b[0][1]);
    unpackCodes(w.y, m[0][1], b[0][2], b[0][3]);
    unpackCodes(w.z, m[1][0], b[1][0], b[1][1]);
    unpackCodes(w.w, m[1][1], b[1][2], b[1][3]);
}

extern "C" __global__ void
#if SPLIT > 1
__cluster_dims__(1, 1, SPLIT)
#endif
__launch_bounds__(THREADS) gemmMma(const __grid_constant__ Gemm p) {
    extern __shared__ __align__(128) u8 shared[];
    int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
    int m0 = blockIdx.x * BM, n0 = blockIdx.y * BN;
    int warpM = warp % WARPS_M * (BM / WARPS_M), warpN = warp / WARPS_M * (BN / WARPS_N);
    int kTiles = (p.k + BK - 1) / BK;
    int first = kTiles * blockIdx.z / SPLIT, count = kTiles * (blockIdx.z + 1) / SPLIT - first;

    auto copyWeights = [&](int i) {
        u32 to = sharedAddress(shared) + i % STAGES * STAGE_BYTES + A_BYTES;
#if WEIGHT_BITS == 8
        copyTile<BN>(to, p.b, p.n, p.k, p.k, n0, (first + i) * BK);
#else
        copyCodes(to, p, n0, (first + i) * BK);
#endif
    };
    auto copyInputs = [&](int i) {
        copyTile<BM>(sharedAddress(shared) + i % STAGES * STAGE_BYTES, p.a, p.m, p.k, p.pitch, m0, (first + i) * BK);
    };

    letNextStart();
    for (int i = 0; EARLY && i < min(STAGES - 1, count); i++) copyWeights(i);
    awaitInputs();
    for (int i = 0; i < STAGES - 1; i++) {
        if (!EARLY && i < count) copyWeights(i);
        if (i < count) copyInputs(i);
        commitCopies();
    }

    Sum sums[M_TILES][N_PAIRS * 2][4] = {};
    for (int i = 0; i < count; i++) {
        waitCopies<STAGES - 2>();
        __syncthreads();  // stage i is there, and nobody reads stage i - 1 any more
        if (i + STAGES - 1 < count) copyWeights(i + STAGES - 1), copyInputs(i + STAGES - 1);
        commitCopies();
        const u8* stage = shared + i % STAGES * STAGE_BYTES;
        u32 aTile = sharedAddress(stage);
#pragma unroll
        for (int k64 = 0; k64 < BK / 64; k64++) {
            u32 b[2][N_PAIRS][4];
#pragma unroll
            for (int n = 0; n < N_PAIRS; n++) {
#if WEIGHT_BITS == 8
                loadWeights(b[0][n], aTile + A_BYTES, warpN + n * 16, k64 * 2, lane);
                loadWeights(b[1][n], aTile + A_BYTES, warpN + n * 16, k64 * 2 + 1, lane);
#else
                u32 both[2][4];
                loadCodes(both, stage + A_BYTES, warpN + n * 16, k64, lane);
                for (int j = 0; j < 4; j++) b[0][n][j] = both[0][j], b[1][n][j] = both[1][j];
#endif
            }
#pragma unroll
            for (int s = 0; s < 2; s++) {
#pragma unroll
                for (int m = 0; m < M_TILES; m++) {
                    u32 a[4];
                    loadMatrix4(a, aTile + swizzled(warpM + m * 16 + (lane & 15), (k64 * 2 + s) * 2 + (lane >> 4)));
#pragma unroll
                    for (int n = 0; n < N_PAIRS; n++) {
                        multiply(sums[m][2 * n], a, b[s][n][0], b[s][n][1]);
                        multiply(sums[m][2 * n + 1], a, b[s][n][2], b[s][n][3]);
                    }
                }
            }
        }
    }
    waitCopies<0>();

    __syncthreads();  // the stages are free
    Sum* staging = (Sum*)shared;
#pragma unroll
    for (int m = 0; m < M_TILES; m++) {
#pragma unroll
        for (int n = 0; n < N_PAIRS * 2; n++) {
            Sum* to = staging + (warpM + m * 16 + lane / 4) * PITCH + warpN + n * 8 + lane % 4 * 2;
            to[0] = sums[m][n][0], to[1] = sums[m][n][1];
            to[8 * PITCH] = sums[m][n][2], to[8 * PITCH + 1] = sums[m][n][3];
        }
    }
#if SPLIT > 1
    syncSplit();
    finishRows<BN, PITCH, THREADS>(p, (const int*)shared, m0, n0, BM * blockIdx.z / SPLIT, BM * (blockIdx.z + 1) / SPLIT);
    syncSplit();  // others may still read our sums
#else
    __syncthreads();
    finishRows<BN, PITCH, THREADS>(p, (const int*)shared, m0, n0, 0, BM);
#endif
}
