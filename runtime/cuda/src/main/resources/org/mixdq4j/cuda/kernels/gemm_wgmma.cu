// Products of rows of bytes for sm_90a: wgmma m64nNk32 with the weights as its first operand (outputs are wgmma's rows, tokens its columns),
// because only the first operand may come from registers, where 4-bit codes are unpacked. One producer thread feeds STAGES stages by the
// tensor copy engine; one or two warpgroups multiply.
// Further options: TM (outputs a tile: 64 or 128, 64 a warpgroup), TN (tokens a tile: 64, or 128 or more in steps of 128), STAGES.
// grid: (ceil(M/TN), ceil(N/TM), SPLIT), block: 2 * TM + 32, dynamic shared memory: 1024 (alignment) +
//   max(STAGES * STAGE_BYTES + 16 * STAGES, TN * PITCH * 4)
// Tensor maps, both u8, 2-D, 128-byte swizzle, zeros outside:
//   tokens   dims {K, M}, strides {pitch}, box {128, TN};   weights (WEIGHT_BITS 8; else not read)  dims {K, N}, strides {K}, box {128, TM}
#include "gemm.cuh"
#include "gemm_wgmma.cuh"

#define BK 128                                   // bytes of K a stage: one row of the swizzle
#define CONSUMERS (2 * TM)                       // threads that multiply
#define TOKEN_BYTES (TN * BK)
#define WEIGHT_BYTES (TM * BK * WEIGHT_BITS / 8)
#define GROUPS (GROUP == 0 ? 0 : BK / (GROUP + !GROUP))  // a stage
#define STAGE_BYTES (TOKEN_BYTES + WEIGHT_BYTES + (GROUP == 0 ? 0 : 1024))  // 1 KiB keeps stages aligned
#define PITCH (TM + 4)                           // of the staged sums [token][output]: no bank conflicts
#define SLAB (TN < 128 ? TN : 128)               // columns of one wgmma
#define SLABS (TN / SLAB)

// The codes of one stage of this warp's 16 outputs as wgmma's register operand, for four K steps.
DEVICE void loadCodes(u32 (&w)[4][4], const u8* tile, int warp, int lane) {
    const u8* codes = tile + warp / 4 * 4096 + warp % 4 * 512 + lane * 16;
    for (int k64 = 0; k64 < 2; k64++) {
        uint4 word = *(const uint4*)(codes + k64 * 2048);
        u32 m[2][2] = {{1, 1}, {1, 1}};  // [step][half]
#if GROUP > 0
        for (int s = 0; s < 2; s++) {
            int group = (k64 * 64 + s * 32) / GROUP;
            u32 two = *(const u16*)(tile + WEIGHT_BYTES + (warp / 4 * GROUPS + group) * 64 + warp % 4 * 16 + lane / 4 * 2);
            m[s][0] = two & 255, m[s][1] = two >> 8;
        }
#endif
        unpackCodes(word.x, m[0][0], w[k64 * 2][0], w[k64 * 2][2]);
        unpackCodes(word.y, m[0][1], w[k64 * 2][1], w[k64 * 2][3]);
        unpackCodes(word.z, m[1][0], w[k64 * 2 + 1][0], w[k64 * 2 + 1][2]);
        unpackCodes(word.w, m[1][1], w[k64 * 2 + 1][1], w[k64 * 2 + 1][3]);
    }
}

// Everything the producer thread fetches into a stage of weights [n0, n0 + TM) and K bytes [k0, k0 + 128). Returns bytes.
DEVICE u32 weightBytesOfStage(const Gemm& p, int n0, int k0) {
#if WEIGHT_BITS == 8
    return WEIGHT_BYTES;
#else
    int blocks = min(TM / 64, (p.n - n0 + 63) / 64);
    int groups = GROUP == 0 ? 0 : min(GROUPS, (p.k - k0 + GROUP - 1) / (GROUP + !GROUP));
    return blocks * (min(2, (p.k - k0) / 64) * 2048 + groups * 64);
#endif
}
DEVICE void fetchWeights(const Gemm& p, const TensorMap* weights, u32 to, int n0, int k0, u32 bar) {
#if WEIGHT_BITS == 8
    tensorLoad(to, weights, k0, n0, bar);
#else
    for (int block = 0; block < TM / 64 && n0 + block * 64 < p.n; block++) {
        int n64 = n0 / 64 + block;
        bulkLoad(to + block * 4096, (const u8*)p.b + ((s64)n64 * (p.k / 64) + k0 / 64) * 2048, min(2, (p.k - k0) / 64) * 2048, bar);
#if GROUP > 0
        int groups = (p.k + GROUP - 1) / GROUP;
        bulkLoad(to + WEIGHT_BYTES + block * GROUPS * 64, p.multipliers + ((s64)n64 * groups + k0 / GROUP) * 64,
                  min(GROUPS, groups - k0 / GROUP) * 64, bar);
#endif
    }
#endif
}

extern "C" __global__ void
#if SPLIT > 1
__cluster_dims__(1, 1, SPLIT)
#endif
__launch_bounds__(CONSUMERS + 32, 1)
gemmWgmma(const __grid_constant__ TensorMap tokens, const __grid_constant__ TensorMap weights, const __grid_constant__ Gemm p) {
    extern __shared__ u8 unaligned[];
    u8* shared = unaligned + (-sharedAddress(unaligned) & 1023);
    u32 stages = sharedAddress(shared);
    u32 full = stages + STAGES * STAGE_BYTES, empty = full + 8 * STAGES;
    int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
    int m0 = blockIdx.x * TN, n0 = blockIdx.y * TM;
    int kTiles = (p.k + BK - 1) / BK;
    int first = kTiles * blockIdx.z / SPLIT, count = kTiles * (blockIdx.z + 1) / SPLIT - first;

    letNextStart();
    if (threadIdx.x == 0) {
        for (int i = 0; i < STAGES; i++) {
            barrierInit(full + 8 * i, 1);
            barrierInit(empty + 8 * i, CONSUMERS / 32);
        }
        barriersReady();
    }
    __syncthreads();

    if (threadIdx.x >= CONSUMERS) {  // the producer
        if (lane != 0) return;
        auto fetchWeightsOf = [&](int i) {
            int k0 = (first + i) * BK;
            u32 bar = full + i % STAGES * 8;
            barrierArriveExpecting(bar, TOKEN_BYTES + weightBytesOfStage(p, n0, k0));
            fetchWeights(p, &weights, stages + i % STAGES * STAGE_BYTES + TOKEN_BYTES, n0, k0, bar);
        };
        auto fetchTokensOf = [&](int i) {
            tensorLoad(stages + i % STAGES * STAGE_BYTES, &tokens, (first + i) * BK, m0, full + i % STAGES * 8);
        };
        int ahead = min(STAGES, count);
        for (int i = 0; i < ahead; i++) fetchWeightsOf(i);
        awaitInputs();
        for (int i = 0; i < count; i++) {
            if (i >= STAGES) barrierWait(empty + i % STAGES * 8, (i / STAGES - 1) & 1);
            if (i >= ahead) fetchWeightsOf(i);
            fetchTokensOf(i);
        }
        return;
    }

    int sums[SLABS][SLAB / 2] = {};
    auto release = [&](int i) { if (lane == 0) barrierArrive(empty + i % STAGES * 8); };
#if WEIGHT_BITS == 8
    for (int i = 0; i < count; i++) {
        barrierWait(full + i % STAGES * 8, i / STAGES & 1);
        u32 stage = stages + i % STAGES * STAGE_BYTES;
        u64 tokenMatrix = matrixDescriptor(stage);
        u64 weightMatrix = matrixDescriptor(stage + TOKEN_BYTES + warp / 4 * 64 * BK);
        wgmmaFence();
#pragma unroll
        for (int step = 0; step < BK / 32; step++) {
#pragma unroll
            for (int slab = 0; slab < SLABS; slab++) {
                wgmma(sums[slab], weightMatrix + 2 * step, tokenMatrix + 2 * step + slab * SLAB * BK / 16);
            }
        }
        wgmmaCommit();
        wgmmaWait<1>();
        if (i > 0) release(i - 1);
    }
    wgmmaWait<0>();
#else
    u32 codes[2][4][4];  // this stage's integers, and the next's, unpacked while the tensor cores work
    auto unpack = [&](int i, u32 (&w)[4][4]) {
        barrierWait(full + i % STAGES * 8, i / STAGES & 1);
        loadCodes(w, shared + i % STAGES * STAGE_BYTES + TOKEN_BYTES, warp, lane);
    };
    auto multiply = [&](int i, u32 (&w)[4][4], u32 (&next)[4][4]) {
        u64 tokenMatrix = matrixDescriptor(stages + i % STAGES * STAGE_BYTES);
        wgmmaFence();
#pragma unroll
        for (int step = 0; step < BK / 32; step++) {
#pragma unroll
            for (int slab = 0; slab < SLABS; slab++) {
                wgmma(sums[slab], w[step], tokenMatrix + 2 * step + slab * SLAB * BK / 16);
            }
        }
        wgmmaCommit();
        if (i + 1 < count) unpack(i + 1, next);
        wgmmaWait<0>();
        release(i);
    };
    if (count > 0) unpack(0, codes[0]);
    for (int i = 0; i < count; i += 2) {
        multiply(i, codes[0], codes[1]);
        if (i + 1 < count) multiply(i + 1, codes[1], codes[0]);
    }
#endif

    awaitInputs();
    syncFirst(CONSUMERS);  // the stages are free
    int* staging = (int*)shared;
#pragma unroll
    for (int i = 0; i < TN / 2; i++) {  // d[4 j + 2 h + e]: output lane / 4 + 8 h, token 8 j + 2 (lane % 4) + e
        int token = i / 4 * 8 + lane % 4 * 2 + i % 2;
        staging[token * PITCH + warp * 16 + lane / 4 + i / 2 % 2 * 8] = sums[i / (SLAB / 2)][i % (SLAB / 2)];
    }
#if SPLIT > 1
    syncSplit();
    finishRows<TM, PITCH, CONSUMERS>(p, staging, m0, n0, TN * blockIdx.z / SPLIT, TN * (blockIdx.z + 1) / SPLIT);
    syncSplit();  // others may still read our sums
#else
    syncFirst(CONSUMERS);
    finishRows<TM, PITCH, CONSUMERS>(p, staging, m0, n0, 0, TN);
#endif
}
