// Softmax attention for heads of every width up to 32 * EACH, every type, with a bias and a causal mask: a warp takes ROWS queries, its lanes the
// columns of the head. Weights are kept relative to the largest score so far, as in attention.cu; keys come in order, four at a time, and every
// operation is written as it is rounded, so that a query gives the same bits whatever ROWS is.
//
// grid (ceil(queries / (ROWS * 4)), heads, batch), block 128.
//   ROWS             1 or 4
//   EACH             columns of a lane, a multiple of VECTOR
//   VECTOR           1, 2, 4 or 8: columns lie side by side; addresses, pitches and the width are multiples of it, the width also of 32 * VECTOR if > 1
//   TYPE_Q, _K, _V   F32, F16 or BF16
//   BIAS             1: there is one, of TYPE_BIAS
//   CAUSAL           1: query i sees keys 0 to i
// Outputs: none of TOKENS; no epilogues.
#include "attention.cuh"
#ifndef TYPE_BIAS
#define TYPE_BIAS F32
#endif

constexpr int WARPS = 4, KEYS = 4;

DEVICE int columnOf(int i) { return i / VECTOR * 32 * VECTOR + threadIdx.x % 32 * VECTOR + i % VECTOR; }

// A lane's columns of one row of a head; zeros outside.
template <int TYPE> DEVICE void loadRow(float (&x)[EACH], const void* from, s64 start, int width) {
#pragma unroll
    for (int i = 0; i < EACH; i += VECTOR) {
        float part[VECTOR] = {};
        if (columnOf(i) < width) loadFloats<TYPE>(part, from, start + columnOf(i));
#pragma unroll
        for (int e = 0; e < VECTOR; e++) x[i + e] = part[e];
    }
}

extern "C" __global__ void __launch_bounds__(32 * WARPS, 1) plainAttention(const __grid_constant__ AttentionArgs args) {
    const int head = blockIdx.y, image = blockIdx.z, width = args.width;
    const int first = (blockIdx.x * WARPS + threadIdx.x / 32) * ROWS;
    letNextStart();
    awaitInputs();
    if (first >= args.queries) return;

    const s64 q = image * args.batchQ + head * width, k = image * args.batchK + head * width, v = image * args.batchV + head * width;
    float query[ROWS][EACH], out[ROWS][EACH] = {}, sum[ROWS] = {}, top[ROWS];
    int visible[ROWS];
#pragma unroll
    for (int r = 0; r < ROWS; r++) {
        const int row = min(first + r, args.queries - 1);
        loadRow<TYPE_Q>(query[r], args.q, q + (s64)row * args.pitchQ, width);
        top[r] = __int_as_float(0xff800000);
        visible[r] = CAUSAL ? min(args.keys, row + 1) : args.keys;
    }
    const int last = visible[ROWS - 1];
    auto hidden = [&](int r, int key) { return key >= (CAUSAL ? visible[r] : args.keys); };
    for (int key = 0; key < last; key += KEYS) {
        float score[ROWS][KEYS];
#pragma unroll
        for (int t = 0; t < KEYS; t++) {
            float x[EACH];
            loadRow<TYPE_K>(x, args.k, k + (s64)min(key + t, last - 1) * args.pitchK, width);
#pragma unroll
            for (int r = 0; r < ROWS; r++) {
                float part = 0.f;
#pragma unroll
                for (int i = 0; i < EACH; i++) part = fmaf(query[r][i], x[i], part);
                score[r][t] = part;
            }
        }
#pragma unroll
        for (int r = 0; r < ROWS; r++) {
            float largest = top[r];
#pragma unroll
            for (int t = 0; t < KEYS; t++) {
                score[r][t] = __fmul_rn(warpSum(score[r][t]), args.scale);
                if (hidden(r, key + t)) continue;
                if (BIAS) {
                    const int row = min(first + r, args.queries - 1);
                    score[r][t] = __fadd_rn(score[r][t], loadFloat<TYPE_BIAS>(args.bias, ((s64)head * args.queries + row) * args.keys + key + t));
                }
                largest = fmaxf(largest, score[r][t]);
            }
            const float shift = largest == __int_as_float(0xff800000) ? 0.f : largest;  // no difference of infinities
            const float shrink = expf(__fsub_rn(top[r], shift));
            top[r] = largest;
            float part = 0.f;
#pragma unroll
            for (int t = 0; t < KEYS; t++) {
                score[r][t] = hidden(r, key + t) ? 0.f : expf(__fsub_rn(score[r][t], shift));
                part = __fadd_rn(part, score[r][t]);
            }
            sum[r] = fmaf(sum[r], shrink, part);
#pragma unroll
            for (int i = 0; i < EACH; i++) out[r][i] = __fmul_rn(out[r][i], shrink);
        }
#pragma unroll
        for (int t = 0; t < KEYS; t++) {
            float x[EACH];
            loadRow<TYPE_V>(x, args.v, v + (s64)min(key + t, last - 1) * args.pitchV, width);
#pragma unroll
            for (int r = 0; r < ROWS; r++) {
                // What is hidden may be NaN, which no weight of 0 would hide.
                if (hidden(r, key + t)) continue;
#pragma unroll
                for (int i = 0; i < EACH; i++) out[r][i] = fmaf(score[r][t], x[i], out[r][i]);
            }
        }
    }
#pragma unroll
    for (int r = 0; r < ROWS; r++) {
        if (first + r >= args.queries) break;
#pragma unroll
        for (int i = 0; i < EACH; i += VECTOR) {
            float part[VECTOR];
#pragma unroll
            for (int e = 0; e < VECTOR; e++) part[e] = __fdiv_rn(out[r][i + e], sum[r]);
            if (columnOf(i) < width) writeSinks(part, args.finish, image * args.queries + first + r, head * width + columnOf(i));
        }
    }
}
