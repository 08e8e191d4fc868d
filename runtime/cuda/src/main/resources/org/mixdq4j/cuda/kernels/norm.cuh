// The last part of a norm: (x - mean) * factor * weight + bias.
//
//   NORM    0 none; of a row: ROW_NORM, ROOT_MEAN_SQUARE (no mean), UNIT (length 1, no mean); GROUP_NORM: by statistics made before
//   AFFINE  0 none, 1 weight, 2 weight and bias
#pragma once
#include "types.cuh"

#define ROW_NORM 1
#define ROOT_MEAN_SQUARE 2
#define UNIT 3
#define GROUP_NORM 4

#ifndef NORM
#define NORM 0
#endif
#ifndef AFFINE
#define AFFINE 0
#endif

struct Norm {
    const float *weight, *bias;  // [columns]
    const float2* statistics;    // GROUP_NORM: [samples][groups] mean and factor
    float epsilon;               // ROW_NORM, ROOT_MEAN_SQUARE
    int groups, width, rowsEach; // GROUP_NORM: groups, columns of one, rows a sample
};

// COUNT columns of one row. mean, factor: the row's, where the norm is of a row.
template <int COUNT> DEVICE void normalize(float (&x)[COUNT], const Norm& norm, int row, int column, float mean, float factor) {
    if (NORM == 0) return;
    float weight[COUNT], bias[COUNT];
    if (AFFINE > 0) loadFloats<F32>(weight, norm.weight, column);
    if (AFFINE > 1) loadFloats<F32>(bias, norm.bias, column);
    const float2* statistics = NORM == GROUP_NORM ? norm.statistics + (s64)(row / norm.rowsEach) * norm.groups : 0;
#pragma unroll
    for (int i = 0; i < COUNT; i++) {
        if (NORM == GROUP_NORM) {
            const float2 own = statistics[(column + i) / norm.width];
            mean = own.x, factor = own.y;
        }
        if (NORM == ROW_NORM || NORM == GROUP_NORM) x[i] -= mean;
        x[i] *= factor;
        if (AFFINE > 0) x[i] *= weight[i];
        if (AFFINE > 1) x[i] += bias[i];
    }
}
