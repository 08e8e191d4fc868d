// What a step reads element by element or row by row: values joined along their columns, GEGLU's gate applied.
//
//   INPUTS  number of values (1 to 4); INPUT_0, ...: their element types
//   GEGLU   1: of 2 * columns that lie there, the first half is multiplied by the GELU of the second
#pragma once
#include "types.cuh"

#ifndef GEGLU
#define GEGLU 0
#endif
#ifndef INPUT_1
#define INPUT_1 F32
#endif
#ifndef INPUT_2
#define INPUT_2 F32
#endif
#ifndef INPUT_3
#define INPUT_3 F32
#endif

// Columns up to `end` that no part before has; element (row, column) lies at row * pitch + column - end of the part before.
struct JoinedPart {
    const void* at;
    int pitch, end;
};
struct Joined {
    JoinedPart part[4];
};

// COUNT columns of one row, all in one part.
template <int COUNT> DEVICE void loadJoined(float (&x)[COUNT], const Joined& in, int row, int column) {
    if (INPUTS == 1 || column < in.part[0].end)
        loadFloats<INPUT_0>(x, in.part[0].at, (s64)row * in.part[0].pitch + column);
    else if (INPUTS == 2 || column < in.part[1].end)
        loadFloats<INPUT_1>(x, in.part[1].at, (s64)row * in.part[1].pitch + column - in.part[0].end);
    else if (INPUTS == 3 || column < in.part[2].end)
        loadFloats<INPUT_2>(x, in.part[2].at, (s64)row * in.part[2].pitch + column - in.part[1].end);
    else
        loadFloats<INPUT_3>(x, in.part[3].at, (s64)row * in.part[3].pitch + column - in.part[2].end);
}
// The same of what the step works on: `columns` of them.
template <int COUNT> DEVICE void loadGated(float (&x)[COUNT], const Joined& in, int row, int column, int columns) {
    loadJoined(x, in, row, column);
    if (GEGLU) {
        float gate[COUNT];
        loadJoined(gate, in, row, columns + column);
#pragma unroll
        for (int i = 0; i < COUNT; i++) x[i] = __fmul_rn(x[i], geluErf(gate[i]));
    }
}
