// What both kernels of attention are called with (core.lower.step.Attend).
#pragma once
#include "finish.cuh"

struct AttentionArgs {
    const void *q, *k, *v;  // [batch][queries | keys][pitch]: head h at column width * h of each row
    const void* bias;       // [heads][queries][keys]
    s64 batchQ, batchK, batchV;  // elements from one sample to the next
    int pitchQ, pitchK, pitchV;  // elements from row to row
    int queries, keys, heads, width;
    float scale;
    Finish finish;  // of rows [batch * queries], columns [heads * width]
};
