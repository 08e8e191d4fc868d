// 4-bit codes of a convolution's weights to s8, just before the convolution, into memory that layers of one size share: the tensor copy engine
// fetches whole bytes, and groups (runs of weights as checkpoints hold them, [channel][tap]) lie scattered where channels come last.
// grid: x = ceil(runs / 256), block 256; a thread unpacks 32 codes.
#include "types.cuh"

struct UnpackArgs {
    const u8* codes;        // [outputs][taps][channels / 2]: of 32 consecutive codes byte i holds code i (low half) and code i + 16 (high half)
    const u8* multipliers;  // [outputs][groups], or null: all are 1
    s8* weight;             // [outputs][taps][channels]
    int runs;               // outputs * taps * channels / 32
    int channels, taps;     // channels: a multiple of 32
    int group, groups;      // weights a group, groups an output
};

extern "C" __global__ void __launch_bounds__(256) convUnpack(const __grid_constant__ UnpackArgs args) {
    letNextStart();
    const int run = blockIdx.x * 256 + threadIdx.x;
    uint4 packed = make_uint4(0, 0, 0, 0);
    if (run < args.runs) packed = ((const uint4*)args.codes)[run];
    awaitInputs();  // what is written is read by the convolution of another layer before
    if (run >= args.runs) return;
    const int perRow = args.channels / 32, row = run / perRow, channel = (run - row * perRow) * 32, output = row / args.taps, tap = row - output * args.taps;
    const u32 words[4] = {packed.x, packed.y, packed.z, packed.w};
    u32 bytes[8];
#pragma unroll
    for (int i = 0; i < 8; i++) {
        u32 integers[4];
#pragma unroll
        for (int j = 0; j < 4; j++) {
            const int code = (int)(words[i % 4] << (28 - 8 * j - i / 4 * 4)) >> 28;
            const int index = (channel + i * 4 + j) * args.taps + tap;
            const int multiplier = args.multipliers ? args.multipliers[(s64)output * args.groups + index / args.group] : 1;
            integers[j] = (u32)(code * multiplier);
        }
        bytes[i] = packBytes(integers[0], integers[1], integers[2], integers[3]);
    }
    uint4* to = (uint4*)args.weight + 2 * (s64)run;
    to[0] = make_uint4(bytes[0], bytes[1], bytes[2], bytes[3]);
    to[1] = make_uint4(bytes[4], bytes[5], bytes[6], bytes[7]);
}
