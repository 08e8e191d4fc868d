// What every step does with its result: epilogues in order, then outputs (core.lower.step.Epilogue and Output). All in float32.
//
//   THEN        number of epilogues (0 to 6); THEN_0, THEN_1, ...: what each is, one of the kinds below
//   TYPE_0, ... element type of operand i: F32, F16 or BF16. Operands are numbered in the order in which epilogues read them
//   SINKS       number of outputs (1 to 3); SINK_0, ...: F32, F16, BF16, LEVELS or TOKENS
//
// Kinds of epilogues: 1 ADD_ROW, 2 MUL_ROW (one row a sample), 3 MODULATE (two operands, scale and shift, one row a sample: x + x * scale + shift),
// 4 ADD, 5 MUL (element by element), 16 + f: function f, counted as Activate.Function: SiLU, GELU, GELU tanh, GELU quick, ReLU, exp,
// soft clamp 3 tanh(x / 3), signed 2 x - 1.
#pragma once
#include "types.cuh"

#define ADD_ROW 1
#define MUL_ROW 2
#define MODULATE 3
#define ADD 4
#define MUL 5
#define FUNCTION 16
#define LEVELS 3   // u8 by one scale and zero point
#define TOKENS 4   // u8, each row by its own largest magnitude over the columns that are written

#ifndef THEN
#define THEN 0
#endif
#ifndef SINKS
#define SINKS 1
#endif
#ifndef SINK_0
#define SINK_0 F32
#endif
#ifndef SINK_1
#define SINK_1 F32
#endif
#ifndef SINK_2
#define SINK_2 F32
#endif
#ifndef THEN_0
#define THEN_0 0
#endif
#ifndef THEN_1
#define THEN_1 0
#endif
#ifndef THEN_2
#define THEN_2 0
#endif
#ifndef THEN_3
#define THEN_3 0
#endif
#ifndef THEN_4
#define THEN_4 0
#endif
#ifndef THEN_5
#define THEN_5 0
#endif
#ifndef TYPE_0
#define TYPE_0 F32
#endif
#ifndef TYPE_1
#define TYPE_1 F32
#endif
#ifndef TYPE_2
#define TYPE_2 F32
#endif
#ifndef TYPE_3
#define TYPE_3 F32
#endif
#ifndef TYPE_4
#define TYPE_4 F32
#endif
#ifndef TYPE_5
#define TYPE_5 F32
#endif

// Element (row, column) lies at (row / rowsEach) * pitch + column; rowsEach is 1 where every row has its own.
struct FinishOperand {
    const void* at;
    int pitch, rowsEach;
};
// Column c of the result goes to column c - from, if that is in [0, columns).
struct FinishSink {
    void* at;
    float* rowScales;      // TOKENS: [rows]
    const float* factors;  // LEVELS, TOKENS: one a column that is written, multiplied before rounding; or null
    int pitch, from, columns;
    float inverseScale, zeroPoint, largest;  // LEVELS; TOKENS: zeroPoint = 2^(bits - 1), largest = 2^bits - 1
};
struct Finish {
    FinishOperand operand[6];
    FinishSink sink[3];
};

DEVICE constexpr int operandsOf(int kind) { return kind == MODULATE ? 2 : kind >= FUNCTION || kind == 0 ? 0 : 1; }

template <int TYPE, int COUNT> DEVICE void loadOperand(float (&to)[COUNT], const FinishOperand& operand, int row, int column) {
    loadFloats<TYPE>(to, operand.at, (s64)(row / operand.rowsEach) * operand.pitch + column);
}

template <int KIND, int TYPE, int SECOND, int COUNT>
DEVICE void thenOne(float (&x)[COUNT], const FinishOperand* operand, int row, int column) {
    float a[COUNT], b[COUNT];
    if (operandsOf(KIND) > 0) loadOperand<TYPE>(a, operand[0], row, column);
    if (operandsOf(KIND) > 1) loadOperand<SECOND>(b, operand[1], row, column);
#pragma unroll
    for (int i = 0; i < COUNT; i++) {
        if (KIND == ADD_ROW || KIND == ADD) x[i] = __fadd_rn(x[i], a[i]);
        else if (KIND == MUL_ROW || KIND == MUL) x[i] = __fmul_rn(x[i], a[i]);
        else if (KIND == MODULATE) x[i] = __fadd_rn(__fadd_rn(x[i], __fmul_rn(x[i], a[i])), b[i]);
        else if (KIND == FUNCTION) x[i] = silu(x[i]);
        else if (KIND == FUNCTION + 1) x[i] = geluErf(x[i]);
        else if (KIND == FUNCTION + 2) x[i] = geluTanh(x[i]);
        else if (KIND == FUNCTION + 3) x[i] = geluQuick(x[i]);
        else if (KIND == FUNCTION + 4) x[i] = x[i] < 0.f ? 0.f : x[i];
        else if (KIND == FUNCTION + 5) x[i] = expf(x[i]);
        else if (KIND == FUNCTION + 6) x[i] = 3.f * tanhf(x[i] / 3.f);
        else if (KIND == FUNCTION + 7) x[i] = 2.f * x[i] - 1.f;
    }
}

DEVICE constexpr int typeOf(int i) { return i == 0 ? TYPE_0 : i == 1 ? TYPE_1 : i == 2 ? TYPE_2 : i == 3 ? TYPE_3 : i == 4 ? TYPE_4 : TYPE_5; }
constexpr int OPERANDS_0 = 0, OPERANDS_1 = OPERANDS_0 + operandsOf(THEN_0), OPERANDS_2 = OPERANDS_1 + operandsOf(THEN_1),
              OPERANDS_3 = OPERANDS_2 + operandsOf(THEN_2), OPERANDS_4 = OPERANDS_3 + operandsOf(THEN_3), OPERANDS_5 = OPERANDS_4 + operandsOf(THEN_4);

// Epilogues, for COUNT columns of one row.
template <int COUNT> DEVICE void applyThen(float (&x)[COUNT], const Finish& finish, int row, int column) {
#define APPLY(I) \
    if (THEN > I) thenOne<THEN_##I, typeOf(OPERANDS_##I), typeOf(OPERANDS_##I + 1)>(x, finish.operand + OPERANDS_##I, row, column)
    APPLY(0);
    APPLY(1);
    APPLY(2);
    APPLY(3);
    APPLY(4);
    APPLY(5);
#undef APPLY
}

// What a sink of levels rounds.
template <int COUNT> DEVICE void multiplyFactors(float (&x)[COUNT], const FinishSink& sink, int column) {
    if (!sink.factors) return;
#pragma unroll
    for (int i = 0; i < COUNT; i++) x[i] = __fmul_rn(x[i], sink.factors[column + i]);
}
// COUNT columns of one row into a sink of KIND. COUNT > 1: from, columns and pitch are multiples of COUNT.
// scale: TOKENS, the row's.
template <int KIND, int COUNT>
DEVICE void writeSink(const float (&x)[COUNT], const FinishSink& sink, int row, int column, float scale) {
    const int to = column - sink.from;
    if (to < 0 || to >= sink.columns) return;
    const s64 at = (s64)row * sink.pitch + to;
    if (KIND <= BF16) {
        storeFloats<KIND <= BF16 ? KIND : F32>(sink.at, at, x);
        return;
    }
    float y[COUNT];
#pragma unroll
    for (int i = 0; i < COUNT; i++) y[i] = x[i];
    multiplyFactors(y, sink, to);
    const float inverse = KIND == TOKENS ? __fdiv_rn(1.f, scale) : sink.inverseScale;
    storeLevels((u8*)sink.at + at, y, inverse, sink.zeroPoint, sink.largest);
}
// All sinks, none of TOKENS.
template <int COUNT> DEVICE void writeSinks(const float (&x)[COUNT], const Finish& finish, int row, int column) {
    writeSink<SINK_0>(x, finish.sink[0], row, column, 0.f);
    if (SINKS > 1) writeSink<SINK_1>(x, finish.sink[1], row, column, 0.f);
    if (SINKS > 2) writeSink<SINK_2>(x, finish.sink[2], row, column, 0.f);
}
// What counts for the row's scale of a TOKENS sink.
template <int COUNT> DEVICE float largestOf(const float (&x)[COUNT], const FinishSink& sink, int column) {
    const int to = column - sink.from;
    if (to < 0 || to >= sink.columns) return 0.f;
    float y[COUNT], largest = 0.f;
#pragma unroll
    for (int i = 0; i < COUNT; i++) y[i] = x[i];
    multiplyFactors(y, sink, to);
#pragma unroll
    for (int i = 0; i < COUNT; i++) largest = fmaxf(largest, magnitude(y[i]));
    return largest;
}
