// Barriers of arrivals and bytes, and tensor maps, for emulated kernels that copy by the tensor copy engine.
#pragma once

// As EmulatedDevice writes it.
struct alignas(64) TensorMap {
    u64 address;
    int rank, dims[5], box[5], steps[5];
    u64 strides[4];
};

constexpr int EMULATED_BARRIERS = 64;
struct EmulatedBarrier {
    u32 at;
    int expected, missing;
    long long bytes;
    u32 phase;
};
// Of each block, those that a kernel has set up so far.
static EmulatedBarrier emulatedBarriers[EMULATED_CLUSTER][EMULATED_BARRIERS];
static int emulatedBarrierCount[EMULATED_CLUSTER];
DEVICE EmulatedBarrier* emulatedFind(u32 bar) {
    const int block = own - emulatedBlocks;
    for (int i = 0; i < emulatedBarrierCount[block]; i++)
        if (emulatedBarriers[block][i].at == bar) return &emulatedBarriers[block][i];
    return nullptr;
}
DEVICE EmulatedBarrier& emulatedBarrier(u32 bar) {
    EmulatedBarrier* found = emulatedFind(bar);
    if (!found) emulatedFail("a barrier that was not set up");
    return *found;
}
DEVICE void emulatedProgress(EmulatedBarrier& b) {
    if (b.missing < 0) emulatedFail("too many arrivals at a barrier");
    if (b.missing == 0 && b.bytes == 0) b.missing = b.expected, b.phase++, emulatedMet++;
}
DEVICE void emulatedInit(u32 bar, int count) {
    EmulatedBarrier* found = emulatedFind(bar);
    if (!found) {
        int& barriers = emulatedBarrierCount[own - emulatedBlocks];
        if (barriers == EMULATED_BARRIERS) emulatedFail("more barriers than are emulated");
        found = &emulatedBarriers[own - emulatedBlocks][barriers++];
    }
    *found = {bar, count, count, 0, 0};
}
DEVICE void emulatedArrive(u32 bar, u32 bytes) {
    emulatedBarrier(bar).missing--, emulatedBarrier(bar).bytes += bytes;
    emulatedProgress(emulatedBarrier(bar));
}
DEVICE void emulatedAwait(u32 bar, u32 parity) {
    while ((emulatedBarrier(bar).phase & 1) == parity) emulatedYield();
}
DEVICE void emulatedCame(u32 bar, u32 bytes) {
    emulatedBarrier(bar).bytes -= bytes;
    emulatedProgress(emulatedBarrier(bar));
}
