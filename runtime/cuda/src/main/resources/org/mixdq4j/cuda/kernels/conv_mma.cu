// Convolution as implicit GEMM for sm_80 and later: mma.sync m16n8k32 (u8 x s8) or m16n8k16 (halves), whose fragments are the same bytes.
// K tiles come in by cp.async, STAGES deep, XOR-swizzled.
//
// grid (ceil(outputs / BN), ceil(pixels / BM), SPLITS), block 32 * WARPS_M * WARPS_N; dynamic shared memory: the
// larger of STAGES * (BM * BK + BN * BK >> W4) and S = BM * (BN + 8) * 4; 2 * S where SEGMENTS is 2 and SPLITS 1.
//   BM BN BK (64 or 128 bytes of K) WARPS_M WARPS_N STAGES, and those of conv.cuh
//   SPLITS  n > 1: blocks of grid z share a tile's products (segment i gets segment[i].splits of them); the last to finish adds the
//           sums up, in the order of the parts. EACH is 8
//   CLUSTER SPLITS: the same within a cluster (sm_90 and later): sums are exchanged through shared memory, every block finishes some rows
//   W4      1: weights [outputs][TAPS][bytes / 2]: 4-bit codes, of 32 consecutive ones byte i holds code i (low half) and code i + 16
//           (high half); bytes is a multiple of 32. Products use 16 * code, so scale and correction carry 1/16 and 16
#include "conv.cuh"

#ifndef CLUSTER
#define CLUSTER 1
#endif
#ifndef W4
#define W4 0
#endif

constexpr int THREADS = 32 * WARPS_M * WARPS_N;
constexpr int CHUNKS = BK / 16;  // of 16 bytes in a row of a K tile
constexpr int B_BYTES = BK >> W4, B_CHUNKS = B_BYTES / 16;
constexpr int ROWS_A_PASS = THREADS / CHUNKS, PASSES = BM / ROWS_A_PASS;
constexpr int WM = BM / WARPS_M, WN = BN / WARPS_N, MS = WM / 16, NS = WN / 8;
constexpr int B_PASSES = (BN * B_CHUNKS + THREADS - 1) / THREADS;
constexpr int STAGE_BYTES = BM * BK + BN * B_BYTES;
constexpr int PITCH = BN + 8;  // ints of a row of sums in shared memory; 8 keeps 8-byte stores of fragments free of conflicts
constexpr int COLUMNS = BN / EACH, ROWS_AT_ONCE = THREADS / COLUMNS;  // of the epilogue
constexpr int TURNS = ((BM + CLUSTER - 1) / CLUSTER + ROWS_AT_ONCE - 1) / ROWS_AT_ONCE, BATCH = TURNS < 2 ? 1 : TURNS < 4 || THEN > 2 ? 2 : 4;
static_assert(BM % ROWS_A_PASS == 0 && WM % 16 == 0 && WN % 8 == 0, "tile");
static_assert(EACH == 8 || EACH == 1 && SPLITS == 1, "parts are added in eights");
static_assert(W4 == 0 || ELEMENTS == 0, "codes are integers");

// Where 16-byte chunk `chunk` of row `row` lies in a tile with rows of BYTES: eight rows hit eight different bank groups.
template <int BYTES> DEVICE int swizzled(int row, int chunk) {
    int x = BYTES == 128 ? row & 7 : BYTES == 64 ? row >> 1 & 3 : row >> 2 & 1;
    return row * BYTES + ((chunk ^ x) << 4);
}

// The output pixel a thread loads the inputs of.
struct Pixel {
    int image, y, x;
};
DEVICE Pixel pixel(const ConvArgs& args, int m) {
    int perImage = args.outHeight * args.outWidth, image = m / perImage, rest = m - image * perImage;
    int y = rest / args.outWidth;
    return {image, y, rest - y * args.outWidth};
}

// Where byte c of tap (r, s) of an output pixel is read from; `inside` is cleared where zeros are to be read instead.
DEVICE const u8* tapSource(const ConvArgs& args, const ConvSegment& segment, Pixel p, int r, int s, int c, bool& inside) {
    const int y = p.y * STRIDE + r - args.top, x = p.x * STRIDE + s - args.left;
    if ((u32)y >= (u32)args.height || (u32)x >= (u32)args.width) {
        inside = false;
        return segment.input;
    }
    return segment.input + ((s64)(p.image * args.height + y) * args.width + x) * segment.pitch + c;
}

// acc += the products of K tiles [first, last) of one segment.
DEVICE void accumulate(Sum (&acc)[MS][NS][4], const ConvArgs& args, const ConvSegment& segment, int first, int last,
                       const Pixel (&pixels)[PASSES], int n0, unsigned char* shared) {
    const int thread = threadIdx.x, lane = thread & 31, warp = thread >> 5;
    const int warpM = warp % WARPS_M * WM, warpN = warp / WARPS_M * WN;
    const u32 base = sharedAddress(shared);
    const int bytes = segment.bytes, K = TAPS * bytes;
    const int rowA = thread / CHUNKS, chunkA = thread % CHUNKS;
    // Each thread keeps its own column of K: tap (r, s) and byte c of the pixel. Addresses are computed anew only where the tap changes.
    int k = first * BK + chunkA * 16;
    int tap = k / bytes, c = k - tap * bytes, r = tap / KERNEL, s = tap - r * KERNEL;
    const u8* source[PASSES];
    u32 inside = 0;  // bit i: pass i reads memory, not zeros
    auto locate = [&]() {
        inside = 0;
#pragma unroll
        for (int i = 0; i < PASSES; i++) {
            bool in = k < K;
            source[i] = tapSource(args, segment, pixels[i], in ? r : 0, in ? s : 0, in ? c : 0, in);
            inside |= in ? 1u << i : 0;
        }
    };
    locate();
    const u8* weight[B_PASSES];
    u32 valid = 0;
#pragma unroll
    for (int i = 0; i < B_PASSES; i++) {
        int unit = thread + i * THREADS, row = unit / B_CHUNKS;
        if (unit < BN * B_CHUNKS && n0 + row < args.outputs) valid |= 1u << i;
        weight[i] = segment.weight + (valid >> i & 1 ? (s64)(n0 + row) * (K >> W4) : 0);
    }

    auto load = [&](int iteration) {
        u32 a = base + iteration % STAGES * STAGE_BYTES, b = a + BM * BK;
#pragma unroll
        for (int i = 0; i < PASSES; i++)
            copyAsync(a + swizzled<BK>(rowA + i * ROWS_A_PASS, chunkA), source[i], inside >> i & 1);
#pragma unroll
        for (int i = 0; i < B_PASSES; i++) {
            int unit = thread + i * THREADS, row = unit / B_CHUNKS, chunk = unit % B_CHUNKS, at = iteration * B_BYTES + chunk * 16;
            bool in = valid >> i & 1 && at < K >> W4;
            if (BN * B_CHUNKS % THREADS == 0 || unit < BN * B_CHUNKS)
                copyAsync(b + swizzled<B_BYTES>(row, chunk), weight[i] + (in ? at : 0), in);
        }
        k += BK, c += BK;
        if (c < bytes) {
#pragma unroll
            for (int i = 0; i < PASSES; i++) source[i] += inside >> i & 1 ? BK : 0;
        } else {
            do {
                c -= bytes;
                if (++s == KERNEL) s = 0, r++;
            } while (c >= bytes);
            locate();
        }
    };

    for (int i = 0; i < STAGES - 1; i++) {
        if (first + i < last) load(first + i);
        commitCopies();
    }
    for (int iteration = first; iteration < last; iteration++) {
        waitCopies<STAGES - 2>();
        __syncthreads();
        if (iteration + STAGES - 1 < last) load(iteration + STAGES - 1);
        commitCopies();
        const u32 a = base + iteration % STAGES * STAGE_BYTES, b = a + BM * BK;
        u32 packed[NS][2];
#pragma unroll
        for (int step = 0; step < BK / 32; step++) {
            u32 fa[MS][4], fb[NS][2];
#pragma unroll
            for (int i = 0; i < MS; i++) loadMatrix4(fa[i], a + swizzled<BK>(warpM + i * 16 + (lane & 15), step * 2 + (lane >> 4)));
            if (W4) {
                if (step % 2 == 0) {  // 16 bytes hold 32 codes: a pair of matrices is two steps
#pragma unroll
                    for (int j = 0; j < NS; j++)
                        loadMatrix2(packed[j][0], packed[j][1], b + swizzled<B_BYTES>(warpN + j * 8 + (lane & 7), step + (lane >> 3 & 1)));
                }
#pragma unroll
                for (int j = 0; j < NS; j++) {
                    fb[j][0] = packed[j][step % 2] << 4 & 0xF0F0F0F0u;
                    fb[j][1] = packed[j][step % 2] & 0xF0F0F0F0u;
                }
            } else {
#pragma unroll
                for (int j = 0; j + 1 < NS; j += 2) {
                    u32 four[4];
                    loadMatrix4(four, b + swizzled<B_BYTES>(warpN + j * 8 + (lane & 7) + (lane >> 4 << 3), step * 2 + (lane >> 3 & 1)));
                    fb[j][0] = four[0], fb[j][1] = four[1], fb[j + 1][0] = four[2], fb[j + 1][1] = four[3];
                }
                if (NS % 2)
                    loadMatrix2(fb[NS - 1][0], fb[NS - 1][1],
                                b + swizzled<B_BYTES>(warpN + (NS - 1) * 8 + (lane & 7), step * 2 + (lane >> 3 & 1)));
            }
#pragma unroll
            for (int i = 0; i < MS; i++)
#pragma unroll
                for (int j = 0; j < NS; j++) multiply(acc[i][j], fa[i], fb[j][0], fb[j][1]);
        }
    }
    waitCopies<0>();
    __syncthreads();
}

// Writes a warp's fragments into the block's tile of sums [BM][PITCH].
DEVICE void storeSums(int* tile, const Sum (&acc)[MS][NS][4]) {
    const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
    const int row = warp % WARPS_M * WM + lane / 4, column = warp / WARPS_M * WN + lane % 4 * 2;
#pragma unroll
    for (int i = 0; i < MS; i++)
#pragma unroll
        for (int j = 0; j < NS; j++)
#pragma unroll
            for (int h = 0; h < 2; h++)
                *reinterpret_cast<int2*>(tile + (row + i * 16 + h * 8) * PITCH + column + j * 8) =
                    make_int2(bitsOf(acc[i][j][2 * h]), bitsOf(acc[i][j][2 * h + 1]));
}

DEVICE int tilesOfK(const ConvSegment& segment) { return (TAPS * segment.bytes + BK - 1) / BK; }

#if CLUSTER > 1
#define CLUSTER_ATTRIBUTE __cluster_dims__(1, 1, SPLITS)
#else
#define CLUSTER_ATTRIBUTE
#endif

extern "C" __global__ void CLUSTER_ATTRIBUTE __launch_bounds__(THREADS, 1) convMma(const __grid_constant__ ConvArgs args) {
    extern __shared__ __align__(1024) unsigned char shared[];
    const int thread = threadIdx.x, n0 = blockIdx.x * BN, m0 = blockIdx.y * BM;
    const int M = args.batch * args.outHeight * args.outWidth;
    int* sums = reinterpret_cast<int*>(shared);
    letNextStart();
    awaitInputs();

    Pixel pixels[PASSES];
#pragma unroll
    for (int i = 0; i < PASSES; i++) pixels[i] = pixel(args, min(m0 + thread / CHUNKS + i * ROWS_A_PASS, M - 1));

    if (SPLITS == 1) {
        Sum acc[SEGMENTS][MS][NS][4] = {};
#pragma unroll
        for (int s = 0; s < SEGMENTS; s++)
            accumulate(acc[s], args, args.segment[s], 0, tilesOfK(args.segment[s]), pixels, n0, shared);
#pragma unroll
        for (int s = 0; s < SEGMENTS; s++) storeSums(sums + s * BM * PITCH, acc[s]);
    } else {
        Sum acc[MS][NS][4] = {};
        int z = blockIdx.z, s = 0;
        if (SEGMENTS == 2 && z >= args.segment[0].splits) s = 1, z -= args.segment[0].splits;
        const ConvSegment& segment = args.segment[s];
        int tiles = tilesOfK(segment);
        accumulate(acc, args, segment, tiles * z / segment.splits, tiles * (z + 1) / segment.splits, pixels, n0, shared);
        storeSums(sums, acc);
    }
    const Columns columns = columnsAt(args, min(n0 + thread % COLUMNS * EACH, args.outputs - EACH));
    __syncthreads();

    int firstRow = 0, lastRow = BM;  // this block finishes these rows
#if CLUSTER > 1
    clusterBarrier();
    firstRow = BM * clusterRank() / SPLITS, lastRow = BM * (clusterRank() + 1) / SPLITS;
#elif SPLITS > 1
    const int tile = blockIdx.y * gridDim.x + blockIdx.x, tiles = gridDim.x * gridDim.y;
    int4* mine = reinterpret_cast<int4*>(args.workspace + (s64)(blockIdx.z * tiles + tile) * BM * BN);
    for (int i = thread; i < BM * BN / 4; i += THREADS)
        mine[i] = *reinterpret_cast<const int4*>(sums + i / (BN / 4) * PITCH + i % (BN / 4) * 4);
    __threadfence();
    __shared__ bool last;
    __syncthreads();
    if (thread == 0) {
        last = atomicAdd(&args.tickets[tile], 1) == SPLITS - 1;
        if (last) args.tickets[tile] = 0;
    }
    __syncthreads();
    if (!last) return;
    __threadfence();
#endif
    const int column = thread % COLUMNS * EACH;
    const bool finishes = thread < ROWS_AT_ONCE * COLUMNS && n0 + column < args.outputs;
    lastRow = min(lastRow, M - m0);
    for (int first = firstRow + thread / COLUMNS; finishes && first < lastRow; first += BATCH * ROWS_AT_ONCE) {
        float y[BATCH][EACH];
#pragma unroll
        for (int i = 0; i < BATCH; i++) {
            const int row = min(first + i * ROWS_AT_ONCE, lastRow - 1);
            Sum total[SEGMENTS][EACH] = {};
#pragma unroll
            for (int part = 0; part < (SPLITS > 1 ? SPLITS : SEGMENTS); part++) {
                auto add = [&](Sum(&sum)[EACH]) {
#if CLUSTER > 1
                    const u32 at = sharedAddress(sums + row * PITCH + column);
                    addInts(sum, loadFromRank(at, part), 0), addInts(sum, loadFromRank(at + 16, part), 4);
#elif SPLITS > 1
                    const int4* at = (const int4*)(args.workspace + ((s64)(part * tiles + tile) * BM + row) * BN + column);
                    addInts(sum, __ldcg(at), 0), addInts(sum, __ldcg(at + 1), 4);
#elif EACH == 8
                    const int4* at = (const int4*)(sums + part * BM * PITCH + row * PITCH + column);
                    addInts(sum, at[0], 0), addInts(sum, at[1], 4);
#else
                    sum[0] += sumOf(sums[part * BM * PITCH + row * PITCH + column]);
#endif
                };
                if (first + i * ROWS_AT_ONCE >= lastRow) continue;
                if (SEGMENTS == 2 && part >= (SPLITS > 1 ? args.segment[0].splits : 1)) add(total[SEGMENTS - 1]);
                else add(total[0]);
            }
            const Pixel p = pixel(args, m0 + row);
            floatsOfSums(y[i], args, columns, borderClass(args, p.y, p.x), total);
        }
#pragma unroll
        for (int i = 0; i < BATCH; i++)  // all loads of a batch are under way before the first is needed
            applyThen(y[i], args.finish, m0 + min(first + i * ROWS_AT_ONCE, lastRow - 1), columns.n);
#pragma unroll
        for (int i = 0; i < BATCH; i++)
            if (first + i * ROWS_AT_ONCE < lastRow) writeSinks(y[i], args.finish, m0 + first + i * ROWS_AT_ONCE, columns.n);
    }
#if CLUSTER > 1
    clusterBarrier();  // nobody leaves while others read its sums
#endif
}
