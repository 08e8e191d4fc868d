// A Linear or convolution of any size: one warp an output, its lanes stride over the channels of each tap. For what no faster kernel takes.
//
// grid: x = rows * ceil(columns / 8), block 256: eight warps make eight columns of one row, then eight threads finish them.
//   -D INTEGER=1   bytes times s8, exact sums; else floats times floats (of s8: dequantized one by one)
//   -D WEIGHTS=    F32, F16, BF16 or BYTES (s8)
//   -D VECTOR=4    channels are read in fours: channels, pitches, first elements of inputs are multiples of 4; else 1
//   -D GEGLU=1     result = a * gelu(b), of column c and column c + columns of the product
//   -D FIRST_ROW=1 INTEGER: the first row of each sample is a product of floats with the dequantized weights
//   -D FACTORS=1   floats are multiplied by factors before the product
// and those of finish.cuh.
//
// shortProduct: the same for many rows of few products each (one part, up to 256 taps and channels; no GEGLU, FIRST_ROW, FACTORS), such as a
// network's first convolution: a thread makes one column of eight rows, whose windows wait in shared memory. Weights lie
// [taps][channels][outputs]. grid: x = ceil(rows / 8) * ceil(columns / 128), block 128.
#include "finish.cuh"

#define BYTES 3
#ifndef INTEGER
#define INTEGER 0
#endif
#ifndef WEIGHTS
#define WEIGHTS F32
#endif
#ifndef VECTOR
#define VECTOR 1
#endif
#ifndef GEGLU
#define GEGLU 0
#endif
#ifndef FIRST_ROW
#define FIRST_ROW 0
#endif
#ifndef FACTORS
#define FACTORS 0
#endif

// Some input channels: a segment with scales of its own, or what lies somewhere else in memory.
struct PlainPart {
    const void* input;         // [batch][height][width] pixels or rows at `pitch`; bytes, or floats of `type`
    const void* weight;        // [outputs][taps][channels]
    const float* scale;        // [outputs] INTEGER: from a sum to real units, or to units of the row's scale
    const float* weightScale;  // [outputs] of s8 weights that are multiplied by floats
    const float* rowScales;    // INTEGER: [rows], or null
    s64 pitch;                 // elements
    int channels, from;        // from: the first of them among all channels
    int type, zeroPoint;
};
struct PlainArgs {
    PlainPart part[8];
    const float* bias;       // [outputs], or null
    const void* firstRow;    // FIRST_ROW: [samples] rows of all channels, floats of firstRowType
    const float* factors;    // FACTORS: [..][all channels]
    const int* factorsOf;    // FACTORS: [outputs]: the row of factors
    s64 firstRowPitch;
    int parts, columns, outputs, channels;  // columns of the result: half of outputs with GEGLU
    int height, width, outHeight, outWidth;
    int kernelHeight, kernelWidth, stride, top, left;
    int firstRowType, rowsEach, rows;  // rowsEach: of a sample
    Finish finish;
};

constexpr int WARPS = 8;

DEVICE int laneSum(int x) {
#pragma unroll
    for (int i = 16; i; i >>= 1) x += __shfl_xor_sync(0xffffffffu, x, i);
    return x;
}

// This lane's share of one tap: x and w begin at its first channel.
DEVICE void tapOfBytes(int& sum, int& weights, const u8* x, const s8* w, int channels) {
    for (int c = (threadIdx.x & 31) * VECTOR; c < channels; c += 32 * VECTOR) {
        if (VECTOR == 4) {
            const u32 a = *(const u32*)(x + c), b = *(const u32*)(w + c);
            sum = dot4(a, b, sum), weights = dot4(0x01010101u, b, weights);
        } else {
            sum += x[c] * w[c], weights += w[c];
        }
    }
}
template <int TYPE> DEVICE void tapOfType(float& sum, const void* x, s64 at, const void* w, s64 weight, float scale, const float* factors, int channels) {
    for (int c = (threadIdx.x & 31) * VECTOR; c < channels; c += 32 * VECTOR) {
        float a[VECTOR], b[VECTOR];
        loadFloats<TYPE>(a, x, at + c);
        if (WEIGHTS == BYTES && VECTOR == 4) {
            const u32 four = *(const u32*)((const s8*)w + weight + c);
#pragma unroll
            for (int i = 0; i < VECTOR; i++) b[i] = __fmul_rn((float)(s8)(four >> 8 * i), scale);
        } else if (WEIGHTS == BYTES) {
            b[0] = __fmul_rn((float)((const s8*)w)[weight + c], scale);
        } else {
            loadFloats<WEIGHTS == BYTES ? F32 : WEIGHTS>(b, w, weight + c);
        }
#pragma unroll
        for (int i = 0; i < VECTOR; i++) {
            if (FACTORS) a[i] = __fmul_rn(a[i], factors[c + i]);
            sum = __fmaf_rn(a[i], b[i], sum);
        }
    }
}
DEVICE void tapOfFloats(float& sum, int type, const void* x, s64 at, const PlainPart& part, s64 weight, float scale, const float* factors) {
    if (type == F32) tapOfType<F32>(sum, x, at, part.weight, weight, scale, factors, part.channels);
    else if (type == F16) tapOfType<F16>(sum, x, at, part.weight, weight, scale, factors, part.channels);
    else tapOfType<BF16>(sum, x, at, part.weight, weight, scale, factors, part.channels);
}

// Calls visit(tap, row of the input) for the taps of an output row that lie inside the image.
template <class VISIT> DEVICE void eachTap(const PlainArgs& args, int row, VISIT visit) {
    const int perImage = args.outHeight * args.outWidth, image = row / perImage, pixel = row - image * perImage;
    const int y = pixel / args.outWidth, top = y * args.stride - args.top, left = (pixel - y * args.outWidth) * args.stride - args.left;
    for (int r = max(0, -top); r < args.kernelHeight && top + r < args.height; r++)
        for (int s = max(0, -left); s < args.kernelWidth && left + s < args.width; s++)
            visit(r * args.kernelWidth + s, ((s64)image * args.height + top + r) * args.width + left + s);
}

DEVICE float biasOf(const PlainArgs& args, int output) { return args.bias ? args.bias[output] : 0.f; }
DEVICE const float* factorsOf(const PlainArgs& args, int output) {
    return FACTORS ? args.factors + (s64)args.factorsOf[output] * args.channels : nullptr;
}

// Element `output` of a row, in all lanes. The order of float operations is that of core.quant.IntegerLayers.
DEVICE float ofIntegers(const PlainArgs& args, int row, int output) {
    const int taps = args.kernelHeight * args.kernelWidth;
    float y = 0.f;
    for (int p = 0; p < args.parts; p++) {
        const PlainPart& part = args.part[p];
        int sum = 0, weights = 0;
        eachTap(args, row, [&](int tap, s64 pixel) {
            tapOfBytes(sum, weights, (const u8*)part.input + pixel * part.pitch,
                          (const s8*)part.weight + ((s64)output * taps + tap) * part.channels, part.channels);
        });
        sum = laneSum(sum - part.zeroPoint * weights);
        float term = __fmul_rn((float)sum, part.scale[output]);
        if (part.rowScales) term = __fmul_rn(term, part.rowScales[row]);
        if (p > 0) y = __fadd_rn(y, term);
        else y = args.bias ? __fadd_rn(term, args.bias[output]) : term;
    }
    return y;
}
DEVICE float ofFloats(const PlainArgs& args, int row, int output) {
    const int taps = args.kernelHeight * args.kernelWidth;
    const float* factors = factorsOf(args, output);
    float sum = 0.f;
    for (int p = 0; p < args.parts; p++) {
        const PlainPart& part = args.part[p];
        const float scale = WEIGHTS == BYTES ? part.weightScale[output] : 1.f;
        eachTap(args, row, [&](int tap, s64 pixel) {
            tapOfFloats(sum, part.type, part.input, pixel * part.pitch, part, ((s64)output * taps + tap) * part.channels, scale, factors + part.from);
        });
    }
    return warpSum(sum) + biasOf(args, output);
}
DEVICE float ofFirstRow(const PlainArgs& args, int sample, int output) {
    const float* factors = factorsOf(args, output);
    float sum = 0.f;
    for (int p = 0; p < args.parts; p++) {
        const PlainPart& part = args.part[p];
        tapOfFloats(sum, args.firstRowType, args.firstRow, sample * args.firstRowPitch + part.from, part, (s64)output * part.channels,
                       part.weightScale[output], factors + part.from);
    }
    return warpSum(sum) + biasOf(args, output);
}
DEVICE float elementOf(const PlainArgs& args, int row, int output) {
    if (FIRST_ROW && row % args.rowsEach == 0) return ofFirstRow(args, row / args.rowsEach, output);
    return INTEGER ? ofIntegers(args, row, output) : ofFloats(args, row, output);
}

extern "C" __global__ void __launch_bounds__(32 * WARPS, 1) plainProduct(const __grid_constant__ PlainArgs args) {
    __shared__ float results[WARPS];
    letNextStart();
    awaitInputs();
    const int thread = threadIdx.x, blocks = (args.columns + WARPS - 1) / WARPS;
    const int row = blockIdx.x / blocks, first = (blockIdx.x - row * blocks) * WARPS, column = first + thread / 32;
    if (column < args.columns) {
        float x = elementOf(args, row, column);
        if (GEGLU) x = __fmul_rn(x, geluErf(elementOf(args, row, column + args.columns)));
        if (thread % 32 == 0) results[thread / 32] = x;
    }
    __syncthreads();
    if (thread < WARPS && first + thread < args.columns) {
        float x[1] = {results[thread]};
        applyThen(x, args.finish, row, first + thread);
        writeSinks(x, args.finish, row, first + thread);
    }
}

constexpr int SHORT_ROWS = 8, SHORT_COLUMNS = 128, SHORT_PRODUCTS = 256;

#if INTEGER
typedef int Sum;
#else
typedef float Sum;
#endif

// Number k of the window of a row: tap k / channels, zero outside. Levels less the zero point.
DEVICE Sum windowAt(const PlainArgs& args, int row, int k) {
    const PlainPart& part = args.part[0];
    const int tap = k / part.channels, r = tap / args.kernelWidth;
    const int perImage = args.outHeight * args.outWidth, image = row / perImage, pixel = row - image * perImage, y = pixel / args.outWidth;
    const int down = y * args.stride - args.top + r, across = (pixel - y * args.outWidth) * args.stride - args.left + tap - r * args.kernelWidth;
    if (row >= args.rows || (u32)down >= (u32)args.height || (u32)across >= (u32)args.width) return 0;
    const s64 at = (((s64)image * args.height + down) * args.width + across) * part.pitch + k - tap * part.channels;
    if (INTEGER) return (Sum)(((const u8*)part.input)[at] - part.zeroPoint);
    return (Sum)(part.type == F32 ? loadFloat<F32>(part.input, at) : part.type == F16 ? loadFloat<F16>(part.input, at) : loadFloat<BF16>(part.input, at));
}

extern "C" __global__ void __launch_bounds__(SHORT_COLUMNS) shortProduct(const __grid_constant__ PlainArgs args) {
    __shared__ Sum windows[SHORT_PRODUCTS][SHORT_ROWS];
    letNextStart();
    awaitInputs();
    const PlainPart& part = args.part[0];
    const int blocks = (args.columns + SHORT_COLUMNS - 1) / SHORT_COLUMNS, products = args.kernelHeight * args.kernelWidth * part.channels;
    const int firstRow = blockIdx.x / blocks * SHORT_ROWS, column = blockIdx.x % blocks * SHORT_COLUMNS + threadIdx.x;
    for (int i = threadIdx.x; i < products * SHORT_ROWS; i += SHORT_COLUMNS) {
        const int row = i / products, k = i - row * products;
        windows[k][row] = windowAt(args, firstRow + row, k);
    }
    __syncthreads();
    if (column >= args.columns) return;
    const float weightScale = WEIGHTS == BYTES && !INTEGER ? part.weightScale[column] : 1.f;
    Sum sums[SHORT_ROWS] = {};
    for (int k = 0; k < products; k++) {
        const s64 at = (s64)k * args.outputs + column;
        Sum weight;
        if (INTEGER) weight = (Sum)((const s8*)part.weight)[at];
        else if (WEIGHTS == BYTES) weight = (Sum)__fmul_rn((float)((const s8*)part.weight)[at], weightScale);
        else weight = (Sum)loadFloat<WEIGHTS == BYTES ? F32 : WEIGHTS>(part.weight, at);
#pragma unroll
        for (int r = 0; r < SHORT_ROWS; r++) sums[r] += windows[k][r] * weight;
    }
    const float scale = INTEGER ? part.scale[column] : 1.f;
#pragma unroll
    for (int r = 0; r < SHORT_ROWS; r++) {
        const int row = firstRow + r;
        if (row >= args.rows) return;
        float x[1] = {INTEGER ? __fmul_rn((float)sums[r], scale) : (float)sums[r]};
        if (args.bias) x[0] = __fadd_rn(x[0], args.bias[column]);
        applyThen(x, args.finish, row, column);
        writeSinks(x, args.finish, row, column);
    }
}
