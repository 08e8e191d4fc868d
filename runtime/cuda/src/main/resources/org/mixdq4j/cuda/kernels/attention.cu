// Softmax attention for heads of up to 160 in halves, softmax in FP32, by mma.sync m16n8k16 (sm_80 and later): each warp holds 16 * TILES queries,
// keys and values pass through shared memory in tiles of KEYS, two deep, by cp.async. Reads what a product of queries, keys and values writes; no
// transposes.
//
// grid (ceil(queries / (16 * TILES * WARPS)), heads, batch), block 32 * WARPS, dynamic shared memory (16 * TILES * WARPS + 4 * KEYS) * ROW bytes.
//   WARPS   4 or 8
//   TILES   1 or 2: with 2 a fragment of keys or values serves two products
//   WIDTH   of a head: a multiple of 8
//   CAUSAL  1: query i sees keys 0 to i
//   BIAS    1: there is one, of TYPE_BIAS; the number of keys is even then
//   FLOATS  F16 or BF16: queries, keys and values; every address and pitch a multiple of 8 elements
// Outputs: pairs of columns, none of TOKENS; no epilogues.
#include "attention.cuh"
#ifndef TYPE_BIAS
#define TYPE_BIAS F32
#endif

#if WARPS > 4
#define BOUNDS THREADS, 1  // else ptxas spills for sm_100, to have two blocks on a multiprocessor
#else
#define BOUNDS THREADS
#endif
constexpr int THREADS = 32 * WARPS, QUERIES = 16 * TILES * WARPS, KEYS = WIDTH > 128 ? 32 : 64, ROW = (WIDTH + 63) / 64 * 128;  // bytes of a row
constexpr int STEPS = (WIDTH + 15) / 16, CHUNKS = 2 * STEPS;  // of 16 columns, of 8: what is multiplied

DEVICE u32 at(u32 base, int row, int chunk) { return base + row * ROW + ((chunk ^ (row & 7)) << 4); }

// Rows [first, first + count) of a head; rows from `rows` on are zeros, and so are columns from WIDTH on.
DEVICE void loadRows(u32 base, const u16* from, int first, int count, int rows, int pitch) {
    for (int i = threadIdx.x; i < count * CHUNKS; i += THREADS) {
        int row = i / CHUNKS, chunk = i % CHUNKS;
        bool inside = first + row < rows && chunk < WIDTH / 8;
        copyAsync(at(base, row, chunk), from + (s64)(inside ? first + row : 0) * pitch + chunk * 8, inside);
    }
}

// What a bias adds to scores that are not scaled yet. row: the first of this lane's two; key: the tile's first.
DEVICE void addBias(float (&score)[KEYS / 8][4], const AttentionArgs& args, int head, int row, int key) {
    const float inverse = 1.f / args.scale;
#pragma unroll
    for (int h = 0; h < 2; h++) {
        const s64 from = ((s64)head * args.queries + min(row + 8 * h, args.queries - 1)) * args.keys;
#pragma unroll
        for (int j = 0; j < KEYS / 8; j++) {
            const int column = key + j * 8 + threadIdx.x % 4 * 2;
            float pair[2] = {};
            if (column < args.keys) loadFloats<TYPE_BIAS>(pair, args.bias, from + column);
            score[j][2 * h] = fmaf(pair[0], inverse, score[j][2 * h]), score[j][2 * h + 1] = fmaf(pair[1], inverse, score[j][2 * h + 1]);
        }
    }
}

// Scores of a tile become weights 2^(scaleLog2 * (score - largest so far)); what was summed up shrinks accordingly.
// left: keys of this tile; seen: CAUSAL, those of them that the first of this lane's two rows sees.
DEVICE void softmaxStep(float (&score)[KEYS / 8][4], float (&out)[CHUNKS][4], float (&sum)[2], float (&top)[2], float scaleLog2, int left, int seen) {
    const int lane = threadIdx.x % 32;
    if (CAUSAL || left < KEYS) {
#pragma unroll
        for (int j = 0; j < KEYS / 8; j++)
#pragma unroll
            for (int e = 0; e < 4; e++)
                if (j * 8 + lane % 4 * 2 + (e & 1) >= (CAUSAL ? min(left, seen + e / 2 * 8) : left)) score[j][e] = -1e30f;
    }
#pragma unroll
    for (int h = 0; h < 2; h++) {
        float largest = top[h];
#pragma unroll
        for (int j = 0; j < KEYS / 8; j++) largest = fmaxf(largest, fmaxf(score[j][2 * h], score[j][2 * h + 1]));
        largest = fmaxf(largest, __shfl_xor_sync(0xffffffffu, largest, 1));
        largest = fmaxf(largest, __shfl_xor_sync(0xffffffffu, largest, 2));
        const float shrink = exp2f((top[h] - largest) * scaleLog2), shift = largest * scaleLog2;
        top[h] = largest;
        float part = 0;
#pragma unroll
        for (int j = 0; j < KEYS / 8; j++)
#pragma unroll
            for (int e = 2 * h; e < 2 * h + 2; e++) score[j][e] = exp2f(fmaf(score[j][e], scaleLog2, -shift)), part += score[j][e];
        sum[h] = fmaf(sum[h], shrink, part);
#pragma unroll
        for (int j = 0; j < CHUNKS; j++) out[j][2 * h] *= shrink, out[j][2 * h + 1] *= shrink;
    }
}

// Sixteen queries from `first` on: divides by the sum of weights and writes.
DEVICE void store(const AttentionArgs& args, const float (&out)[CHUNKS][4], const float (&sum)[2], int first, int head, int image) {
    const int lane = threadIdx.x % 32;
#pragma unroll
    for (int h = 0; h < 2; h++) {
        float all = sum[h] + __shfl_xor_sync(0xffffffffu, sum[h], 1);
        all += __shfl_xor_sync(0xffffffffu, all, 2);
        const float factor = 1.f / all;
        const int row = first + lane / 4 + 8 * h;
        if (row >= args.queries) continue;
#pragma unroll
        for (int j = 0; j < WIDTH / 8; j++) {
            const float pair[2] = {out[j][2 * h] * factor, out[j][2 * h + 1] * factor};
            writeSinks(pair, args.finish, image * args.queries + row, head * WIDTH + j * 8 + lane % 4 * 2);
        }
    }
}

extern "C" __global__ void __launch_bounds__(BOUNDS) attention(const __grid_constant__ AttentionArgs args) {
    extern __shared__ __align__(1024) unsigned char shared[];
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32, head = blockIdx.y, image = blockIdx.z, q0 = blockIdx.x * QUERIES;
    const u16* q = (const u16*)args.q + image * args.batchQ + head * WIDTH;
    const u16* k = (const u16*)args.k + image * args.batchK + head * WIDTH;
    const u16* v = (const u16*)args.v + image * args.batchV + head * WIDTH;
    const float scaleLog2 = args.scale * 1.4426950408889634f;
    const u32 sq = sharedAddress(shared), sk = sq + QUERIES * ROW, sv = sk + 2 * KEYS * ROW;
    const int tiles = ((CAUSAL ? min(args.keys, q0 + QUERIES) : args.keys) + KEYS - 1) / KEYS;
    letNextStart();
    awaitInputs();

    loadRows(sq, q, q0, QUERIES, args.queries, args.pitchQ);
    loadRows(sk, k, 0, KEYS, args.keys, args.pitchK);
    loadRows(sv, v, 0, KEYS, args.keys, args.pitchV);
    commitCopies();

    u32 fq[TILES][STEPS][4];
    float out[TILES][CHUNKS][4] = {}, sum[TILES][2] = {}, top[TILES][2];  // rows lane / 4 and + 8
#pragma unroll
    for (int m = 0; m < TILES; m++) top[m][0] = top[m][1] = -1e30f;  // never infinite, so no difference is NaN
    for (int tile = 0; tile < tiles; tile++) {
        if (tile + 1 < tiles) {
            const u32 next = ((tile + 1) & 1) * KEYS * ROW;
            loadRows(sk + next, k, (tile + 1) * KEYS, KEYS, args.keys, args.pitchK);
            loadRows(sv + next, v, (tile + 1) * KEYS, KEYS, args.keys, args.pitchV);
        }
        commitCopies();
        waitCopies<1>();
        __syncthreads();
        if (tile == 0) {
#pragma unroll
            for (int i = 0; i < STEPS * TILES; i++)
                loadMatrix4(fq[i / STEPS][i % STEPS], at(sq, (warp * TILES + i / STEPS) * 16 + (lane & 15), i % STEPS * 2 + (lane >> 4)));
        }
        const u32 kt = sk + (tile & 1) * KEYS * ROW, vt = sv + (tile & 1) * KEYS * ROW;
        float score[TILES][KEYS / 8][4] = {};
#pragma unroll
        for (int i = 0; i < STEPS; i++)
#pragma unroll
            for (int j = 0; j < KEYS / 8; j += 2) {
                u32 fk[4];
                loadMatrix4(fk, at(kt, j * 8 + (lane & 7) + (lane >> 4 << 3), i * 2 + (lane >> 3 & 1)));
#pragma unroll
                for (int m = 0; m < TILES; m++) {
                    multiplyHalves<FLOATS>(score[m][j], fq[m][i], fk[0], fk[1]);
                    multiplyHalves<FLOATS>(score[m][j + 1], fq[m][i], fk[2], fk[3]);
                }
            }
        const int left = args.keys - tile * KEYS;  // keys of this tile; the rest gets no weight
#pragma unroll
        for (int m = 0; m < TILES; m++) {
            const int row = q0 + (warp * TILES + m) * 16 + lane / 4;
            if (BIAS) addBias(score[m], args, head, row, tile * KEYS);
            softmaxStep(score[m], out[m], sum[m], top[m], scaleLog2, left, row + 1 - tile * KEYS);
        }
#pragma unroll
        for (int i = 0; i < KEYS / 16; i++) {  // 16 keys
            u32 p[TILES][4];
#pragma unroll
            for (int m = 0; m < TILES; m++)
#pragma unroll
                for (int e = 0; e < 4; e++)
                    p[m][e] = packHalves<FLOATS>(score[m][2 * i + e / 2][e % 2 * 2], score[m][2 * i + e / 2][e % 2 * 2 + 1]);
#pragma unroll
            for (int j = 0; j < CHUNKS; j += 2) {
                u32 fv[4];
                loadMatrix4Transposed(fv, at(vt, i * 16 + (lane & 15), j + (lane >> 4)));
#pragma unroll
                for (int m = 0; m < TILES; m++) {
                    multiplyHalves<FLOATS>(out[m][j], p[m], fv[0], fv[1]);
                    multiplyHalves<FLOATS>(out[m][j + 1], p[m], fv[2], fv[3]);
                }
            }
        }
        __syncthreads();
    }
#pragma unroll
    for (int m = 0; m < TILES; m++) store(args, out[m], sum[m], q0 + (warp * TILES + m) * 16, head, image);
}
