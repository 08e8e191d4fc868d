// Group norm of halves, channels last: statistics of slices of a sample's rows, then the norm, epilogues and outputs, none of them by a
// row's magnitude. Every sum has an order that follows from one sample's size alone. Sums of squares are in FP32: where a group's mean is 30
// deviations, results are off by up to 4e-5 of the largest.
//
//   CHANNELS  a multiple of 8;  GROUPS;  THREADS: 32 to 512, at least CHANNELS / 8, its warps a divisor of GROUPS
// Macros of joined.cuh (at most two inputs, of one 16-bit type), norm.cuh (NORM GROUP_NORM) and finish.cuh, which must allow 8 columns at a time.
// Block THREADS. Dynamic shared memory: ROWS * CHANNELS * 8 bytes (at most 32 KB) of groupSlices and groupOnce, 8 * GROUPS of the others.
#include "finish.cuh"
#include "joined.cuh"
#include "norm.cuh"

struct GroupNormArgs {
    Joined in;
    Norm norm;              // weight, bias, epsilon
    Finish finish;
    float2* partial;        // [samples][GROUPS][slices]: mean, sum of squared deviations from it
    float2* statistics;     // groupCombine: [samples][GROUPS] mean and factor
    u32* arrivals;          // groupOnce: [samples][2] blocks that came, rounds that are over; zero before the first launch
    int rowsEach;           // of a sample
    int slices, sliceRows;  // slices = ceil(rowsEach / sliceRows), at most 128
};

constexpr int VECTORS = CHANNELS / 8, ROWS = THREADS / VECTORS, PER_GROUP = CHANNELS / GROUPS, WARPS = THREADS / 32;
constexpr int SLICES_A_LANE = 4, BATCH = 4;  // at most 128 slices; rows a thread loads at once
static_assert(ROWS >= 1 && GROUPS % WARPS == 0, "a block holds a row and its warps share the groups evenly");

// A thread keeps to one vector of 8 channels; the threads of a block are [ROWS][VECTORS].
DEVICE int laneRow() { return threadIdx.x / VECTORS; }
DEVICE int laneChannel() { return threadIdx.x % VECTORS * 8; }

DEVICE uint4 bitsAt(const GroupNormArgs& args, int sample, int p, int c) {
    const JoinedPart& a = args.in.part[0];
    const s64 row = (s64)sample * args.rowsEach + p;
    if (INPUTS == 1 || c < a.end) return *(const uint4*)((const u16*)a.at + row * a.pitch + c);
    const JoinedPart& b = args.in.part[1];
    return *(const uint4*)((const u16*)b.at + row * b.pitch + c - a.end);
}
DEVICE void unpack(float (&x)[8], uint4 bits) {
    const u32 words[4] = {bits.x, bits.y, bits.z, bits.w};
#pragma unroll
    for (int i = 0; i < 4; i++) x[2 * i] = floatOf<INPUT_0>((u16)words[i]), x[2 * i + 1] = floatOf<INPUT_0>((u16)(words[i] >> 16));
}

// Mean and squared deviations of a slice of a sample's rows, for every group, added up in a fixed order: a channel's sum by its
// threads, then the sums of a group's channels. shared: [ROWS][CHANNELS] sums, then the same of squares.
DEVICE void sumSlice(const GroupNormArgs& args, float* shared, int slice) {
    const int sample = blockIdx.y, row = laneRow(), c = laneChannel();
    const int first = slice * args.sliceRows, last = min(first + args.sliceRows, args.rowsEach);
    float *sums = shared, *squares = shared + ROWS * CHANNELS;
    if (row < ROWS) {
        float s[8] = {}, q[8] = {};
        for (int start = first + row; start < last; start += BATCH * ROWS) {
            uint4 bits[BATCH];
#pragma unroll
            for (int i = 0; i < BATCH; i++)
                bits[i] = start + i * ROWS < last ? bitsAt(args, sample, start + i * ROWS, c) : make_uint4(0, 0, 0, 0);
#pragma unroll
            for (int i = 0; i < BATCH; i++) {
                float x[8];
                unpack(x, bits[i]);
#pragma unroll
                for (int j = 0; j < 8; j++) s[j] += x[j], q[j] += x[j] * x[j];
            }
        }
        float4* to = reinterpret_cast<float4*>(sums + row * CHANNELS + c);
        to[0] = make_float4(s[0], s[1], s[2], s[3]), to[1] = make_float4(s[4], s[5], s[6], s[7]);
        to = reinterpret_cast<float4*>(squares + row * CHANNELS + c);
        to[0] = make_float4(q[0], q[1], q[2], q[3]), to[1] = make_float4(q[4], q[5], q[6], q[7]);
    }
    __syncthreads();
    for (int g = threadIdx.x / 32; g < GROUPS; g += WARPS) {  // a warp adds up a group
        float s = 0, q = 0;
#pragma unroll
        for (int i = 0; i < (ROWS * PER_GROUP + 31) / 32; i++) {
            const int unit = threadIdx.x % 32 + i * 32, at = unit / PER_GROUP * CHANNELS + g * PER_GROUP + unit % PER_GROUP;
            if (unit < ROWS * PER_GROUP) s += sums[at], q += squares[at];
        }
        s = warpSum(s), q = warpSum(q);
        const float n = (float)((last - first) * PER_GROUP), mean = s / n;
        if (threadIdx.x % 32 == 0) args.partial[(sample * GROUPS + g) * args.slices + slice] = make_float2(mean, fmaxf(q - s * mean, 0.f));
    }
}

DEVICE void sumSlices(const GroupNormArgs& args, float* shared) {
    for (int slice = blockIdx.x; slice < args.slices; slice += gridDim.x) {
        sumSlice(args, shared, slice);
        __syncthreads();
    }
}

// Means and factors of all groups, from all slices; whoever calls it waits for the block before it reads them.
DEVICE void combineSlices(const GroupNormArgs& args, float* means, float* factors) {
    const int sample = blockIdx.y, lane = threadIdx.x % 32;
    float firstMean[GROUPS / WARPS];
    float2 parts[GROUPS / WARPS][SLICES_A_LANE];
#pragma unroll
    for (int k = 0; k < GROUPS / WARPS; k++) {
        const float2* of = args.partial + (sample * GROUPS + threadIdx.x / 32 + k * WARPS) * args.slices;
        firstMean[k] = loadWritten(of).x;
#pragma unroll
        for (int i = 0; i < SLICES_A_LANE; i++)
            parts[k][i] = lane + 32 * i < args.slices ? loadWritten(of + lane + 32 * i) : make_float2(firstMean[k], 0.f);
    }
#pragma unroll
    for (int k = 0; k < GROUPS / WARPS; k++) {
        float sum = 0, squares = 0;
#pragma unroll
        for (int i = 0; i < SLICES_A_LANE; i++) {  // of deviations from the first slice's mean
            const float n = (float)(min(args.sliceRows, args.rowsEach - (lane + 32 * i) * args.sliceRows) * PER_GROUP);
            const float away = parts[k][i].x - firstMean[k];
            sum += n * away, squares += parts[k][i].y + n * away * away;
        }
        sum = warpSum(sum), squares = warpSum(squares);
        const float n = (float)args.rowsEach * PER_GROUP, away = sum / n;
        if (lane == 0) {
            means[threadIdx.x / 32 + k * WARPS] = firstMean[k] + away;
            factors[threadIdx.x / 32 + k * WARPS] = rsqrtf(fmaxf(squares / n - away * away, 0.f) + args.norm.epsilon);
        }
    }
}

// This block's share of a sample's rows: y = (x - mean) * factor * weight + bias, epilogues, outputs. shared: 2 * GROUPS floats.
DEVICE void normalizePart(const GroupNormArgs& args, float* shared) {
    const int sample = blockIdx.y, row = laneRow(), c = laneChannel();
    const int part = (args.rowsEach + gridDim.x - 1) / gridDim.x, first = blockIdx.x * part, last = min(first + part, args.rowsEach);
    float *means = shared, *factors = shared + GROUPS;
    uint4 bits[BATCH];
    auto load = [&](int start) {  // BATCH rows of this thread, all under way at once
#pragma unroll
        for (int i = 0; i < BATCH; i++)
            if (row < ROWS && start + i * ROWS < last) bits[i] = bitsAt(args, sample, start + i * ROWS, c);
    };
    load(first + row);  // before the statistics are there
    combineSlices(args, means, factors);
    float weight[8], bias[8];  // loaded here: before, they would not fit the registers beside the slices
#pragma unroll
    for (int i = 0; i < 8; i++) weight[i] = 1.f, bias[i] = 0.f;
    if (AFFINE && row < ROWS) loadFloats<F32>(weight, args.norm.weight, c), loadFloats<F32>(bias, args.norm.bias, c);
    __syncthreads();
    if (row >= ROWS) return;
    float factor[8], offset[8];
#pragma unroll
    for (int i = 0; i < 8; i++) {
        const int g = (c + i) / PER_GROUP;
        factor[i] = factors[g] * weight[i];
        offset[i] = bias[i] - means[g] * factor[i];
    }
    for (int start = first + row; start < last;) {
#pragma unroll
        for (int i = 0; i < BATCH; i++) {
            const int p = start + i * ROWS;
            if (p >= last) break;
            float x[8];
            unpack(x, bits[i]);
#pragma unroll
            for (int j = 0; j < 8; j++) x[j] = x[j] * factor[j] + offset[j];
            applyThen(x, args.finish, sample * args.rowsEach + p, c);
            writeSinks(x, args.finish, sample * args.rowsEach + p, c);
        }
        start += BATCH * ROWS;
        if (start < last) load(start);
    }
}

// Grid (blocks a sample, samples). The slices, not the blocks, decide in which order sums are made.
extern "C" __global__ void __launch_bounds__(THREADS) groupSlices(const __grid_constant__ GroupNormArgs args) {
    extern __shared__ __align__(16) float shared[];
    letNextStart();
    awaitInputs();
    sumSlices(args, shared);
}
extern "C" __global__ void __launch_bounds__(THREADS) groupApply(const __grid_constant__ GroupNormArgs args) {
    extern __shared__ __align__(16) float shared[];
    letNextStart();
    awaitInputs();
    normalizePart(args, shared);
}
// Grid (1, samples): statistics for whoever else applies them.
extern "C" __global__ void __launch_bounds__(THREADS) groupCombine(const __grid_constant__ GroupNormArgs args) {
    extern __shared__ __align__(16) float shared[];
    letNextStart();
    awaitInputs();
    combineSlices(args, shared, shared + GROUPS);
    __syncthreads();
    for (int g = threadIdx.x; g < GROUPS; g += THREADS)
        args.statistics[blockIdx.y * GROUPS + g] = make_float2(shared[g], shared[GROUPS + g]);
}
// Both in one launch. A sample's blocks wait for each other, so ALL BLOCKS OF THE GRID MUST BE RESIDENT AT ONCE: no more than there are
// multiprocessors. (What runs before ends without them, and what comes after starts when each of them has called letNextStart.)
extern "C" __global__ void __launch_bounds__(THREADS) groupOnce(const __grid_constant__ GroupNormArgs args) {
    extern __shared__ __align__(16) float shared[];
    letNextStart();
    awaitInputs();
    sumSlices(args, shared);
    __threadfence();
    __syncthreads();
    if (threadIdx.x == 0) {
        u32* arrived = args.arrivals + 2 * blockIdx.y;
        volatile u32* over = arrived + 1;
        const u32 round = *over;  // cannot change before this block has come
        __threadfence();
        if (atomicAdd(arrived, 1) == gridDim.x - 1) {
            *arrived = 0;
            __threadfence();
            *over = round + 1;
        } else {
            while (*over == round) {}
        }
        __threadfence();
    }
    __syncthreads();
    normalizePart(args, shared);
}
