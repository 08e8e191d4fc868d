// Barriers of arrivals and bytes, and tensor maps, for emulated kernels that copy by the tensor copy engine.
#pragma once
#include <map>

// As EmulatedDevice writes it.
struct alignas(64) TensorMap {
    u64 address;
    int rank, dims[5], box[5], steps[5];
    u64 strides[4];
};

struct EmulatedBarrier {
    int expected, missing;
    long long bytes;
    u32 phase;
};
static std::map<u32, EmulatedBarrier> emulatedBarriersOf[EMULATED_CLUSTER];
DEVICE EmulatedBarrier& emulatedBarrier(u32 bar) { return emulatedBarriersOf[own - emulatedBlocks].at(bar); }
DEVICE void emulatedProgress(EmulatedBarrier& b) {
    if (b.missing < 0) emulatedFail("too many arrivals at a barrier");
    if (b.missing == 0 && b.bytes == 0) b.missing = b.expected, b.phase++, emulatedMet++;
}
DEVICE void emulatedInit(u32 bar, int count) { emulatedBarriersOf[own - emulatedBlocks][bar] = {count, count, 0, 0}; }
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
