// Runs CUDA C++ on a CPU: what a C++ compiler must know before it reads a kernel. A block's threads are fibers that take turns
// and meet where the kernel lets them (barriers, shuffles, matrix instructions). Blocks of a cluster take turns as well, others run one
// after the other. C's headers alone: those of C++ would take as long to read as the kernel.
#pragma once
#include <math.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#define __CUDA_ARCH__ 800
#define __device__
#define __global__
#define __forceinline__ inline
#define __grid_constant__
#define __launch_bounds__(...)
#define __shared__ static
#define __align__(n) __attribute__((aligned(n)))
#define __cluster_dims__(...)
#define __restrict__

// ---- a grid ----
struct Index3 {
    unsigned x = 0, y = 0, z = 0;
};
constexpr int EMULATED_WARP = 32, EMULATED_THREADS = 1024, EMULATED_STACK = 256 << 10, EMULATED_DYNAMIC = 256 << 10;

struct Meeting {
    int arrived = 0;
    unsigned generation = 0;
};
struct CopyInFlight {
    void* to;
    const void* from;
    int group;
};
// Copies that were not waited for, in order.
struct CopiesInFlight {
    CopyInFlight* first;
    int count, room;
    int committed, waited;  // groups

    void add(void* to, const void* from) {
        if (count == room) first = (CopyInFlight*)realloc(first, (room = 2 * room + 16) * sizeof(CopyInFlight));
        first[count++] = {to, from, committed};
    }
};
// It begins once and lives on: after a thread's work comes that of the next block's.
struct Fiber {
    ucontext_t start;
    jmp_buf place;
    bool begun, done;
    CopiesInFlight copies;
};

// Blocks of a cluster, along z: kernels say it by a macro of theirs.
#if defined(CLUSTER) && CLUSTER > 1
constexpr int EMULATED_CLUSTER = CLUSTER;
#elif defined(SPLIT) && SPLIT > 1
constexpr int EMULATED_CLUSTER = SPLIT;
#elif defined(WGS) && defined(SPLITS) && SPLITS > 1
constexpr int EMULATED_CLUSTER = SPLITS;
#else
constexpr int EMULATED_CLUSTER = 1;
#endif

// What the lanes of a warp show each other: up to eight words each.
struct Shown {
    unsigned long long word[8];
};
// A block that takes turns with others of its cluster. Its shared memory is emulatedShared while it runs, and this copy while others do.
struct EmulatedBlock {
    Fiber fibers[EMULATED_THREADS];
    Shown shown[EMULATED_THREADS];
    Meeting all, named[16], warps[EMULATED_THREADS / EMULATED_WARP];
    int alive, aliveInWarp[EMULATED_THREADS / EMULATED_WARP];
    char* stacks;
    unsigned char* shared;
};

static Index3 gridDim, blockDim, blockIdx, threadIdx;
alignas(1024) static unsigned char emulatedShared[EMULATED_DYNAMIC];
static jmp_buf emulatedMain;
static EmulatedBlock emulatedBlocks[EMULATED_CLUSTER], *own = emulatedBlocks;
static int emulatedCurrent, emulatedThreads, emulatedBytes;
static Meeting emulatedCluster;
static int emulatedAliveInCluster;
static void (*emulatedBody)();
static int emulatedWaited;
static long long emulatedMet;  // meetings that took place

[[noreturn]] static void emulatedFail(const char* what) {
    fprintf(stderr, "emulated kernel: %s (block %u %u %u, thread %d)\n", what, blockIdx.x, blockIdx.y, blockIdx.z, emulatedCurrent);
    abort();
}

// By jumps from stack to stack: swapcontext would ask the system twice for its signals each time.
static void emulatedYield() {
    if (!_setjmp(own->fibers[emulatedCurrent].place)) _longjmp(emulatedMain, 1);
}
static void emulatedResume(Fiber& fiber) {
    if (_setjmp(emulatedMain)) return;
    if (fiber.begun) _longjmp(fiber.place, 1);
    fiber.begun = true;
    setcontext(&fiber.start);
}

// Waits until `expected` threads are here.
static void meet(Meeting& meeting, int expected) {
    unsigned mine = meeting.generation;
    if (++meeting.arrived >= expected) {
        meeting.arrived = 0, meeting.generation++, emulatedMet++;
        return;
    }
    while (meeting.generation == mine) emulatedYield();
}
// Those who wait for all that are left may go on.
static void emulatedMeetLeft(Meeting& meeting, int left) {
    if (meeting.arrived > 0 && meeting.arrived >= left) meeting.arrived = 0, meeting.generation++, emulatedMet++;
}
static void emulatedLeave() {
    int warp = emulatedCurrent / EMULATED_WARP;
    own->alive--, own->aliveInWarp[warp]--, emulatedAliveInCluster--;
    emulatedMeetLeft(own->all, own->alive);
    emulatedMeetLeft(own->warps[warp], own->aliveInWarp[warp]);
    emulatedMeetLeft(emulatedCluster, emulatedAliveInCluster);
}
static void emulatedEntry() {
    for (;;) {
        emulatedBody();
        emulatedLeave();
        own->fibers[emulatedCurrent].done = true;
        emulatedYield();
    }
}

static int laneOf() { return emulatedCurrent % EMULATED_WARP; }
static void meetWarp() { meet(own->warps[emulatedCurrent / EMULATED_WARP], own->aliveInWarp[emulatedCurrent / EMULATED_WARP]); }
static void __syncthreads() { meet(own->all, own->alive); }
static void __syncwarp(unsigned = 0xffffffffu) { meetWarp(); }

static Shown& shownBy(int lane) { return own->shown[emulatedCurrent / EMULATED_WARP * EMULATED_WARP + lane]; }

template <class T> static T __shfl_sync(unsigned, T x, int lane) {
    memcpy(&shownBy(laneOf()).word[0], &x, sizeof(T));
    meetWarp();
    T y;
    memcpy(&y, &shownBy(lane & 31).word[0], sizeof(T));
    meetWarp();
    return y;
}
template <class T> static T __shfl_xor_sync(unsigned mask, T x, int by) { return __shfl_sync(mask, x, laneOf() ^ by); }
template <class T> static T __shfl_down_sync(unsigned mask, T x, int by) {
    return __shfl_sync(mask, x, laneOf() + by > 31 ? laneOf() : laneOf() + by);
}

// ---- vectors ----
#define VECTOR2(name, type) struct alignas(2 * sizeof(type)) name { type x, y; }; static name make_##name(type x, type y) { return {x, y}; }
#define VECTOR4(name, type) struct alignas(16) name { type x, y, z, w; }; static name make_##name(type x, type y, type z, type w) { return {x, y, z, w}; }
VECTOR2(float2, float)
VECTOR2(int2, int)
VECTOR2(uint2, unsigned)
VECTOR4(float4, float)
VECTOR4(int4, int)
VECTOR4(uint4, unsigned)
struct alignas(8) ushort4 {
    unsigned short x, y, z, w;
};

// ---- arithmetic ----
static float __fadd_rn(float a, float b) { return a + b; }
static float __fsub_rn(float a, float b) { return a - b; }
static float __fmul_rn(float a, float b) { return a * b; }
static float __fdiv_rn(float a, float b) { return a / b; }
static float __fmaf_rn(float a, float b, float c) { return fmaf(a, b, c); }
static float __fsqrt_rn(float a) { return sqrtf(a); }
static float __frsqrt_rn(float a) { return (float)(1 / sqrt((double)a)); }
static double __dadd_rn(double a, double b) { return a + b; }
static double __dmul_rn(double a, double b) { return a * b; }
static float __fdividef(float a, float b) { return a / b; }
static float emulatedExp(float x) { return expf(x); }
#define __expf emulatedExp  // the C library has functions of its own under this name
static float emulatedLog(float x) { return logf(x); }
#define __logf emulatedLog
static float rsqrtf(float x) { return 1.f / sqrtf(x); }
static int __float2int_rn(float x) { return (int)nearbyintf(x); }
static unsigned __float_as_uint(float x) { unsigned u; memcpy(&u, &x, 4); return u; }
static int __float_as_int(float x) { int u; memcpy(&u, &x, 4); return u; }
static float __uint_as_float(unsigned u) { float x; memcpy(&x, &u, 4); return x; }
static float __int_as_float(int u) { float x; memcpy(&x, &u, 4); return x; }
static unsigned __byte_perm(unsigned a, unsigned b, unsigned selector) {
    unsigned long long both = (unsigned long long)b << 32 | a;
    unsigned r = 0;
    for (int i = 0; i < 4; i++) r |= (unsigned)(both >> (selector >> 4 * i & 7) * 8 & 255) << 8 * i;
    return r;
}
template <class T> static T __ldcg(const T* from) { return *from; }
template <class T> static T __ldg(const T* from) { return *from; }
static void __threadfence() {}
static unsigned atomicAdd(unsigned* at, unsigned by) { unsigned before = *at; *at += by; return before; }
static int atomicAdd(int* at, int by) { int before = *at; *at += by; return before; }
static int __popc(unsigned x) { return __builtin_popcount(x); }
template <class T> static T max(T a, T b) { return a < b ? b : a; }
template <class T> static T min(T a, T b) { return b < a ? b : a; }
static unsigned min(unsigned a, int b) { return min(a, (unsigned)b); }
static long long min(long long a, int b) { return min(a, (long long)b); }
static long long min(int a, long long b) { return min((long long)a, b); }
static long long max(long long a, int b) { return max(a, (long long)b); }
template <class T> static size_t __cvta_generic_to_shared(const T* p) {
    size_t offset = (const unsigned char*)p - emulatedShared;
    if (offset >= EMULATED_DYNAMIC) emulatedFail("an address that is not in dynamic shared memory");
    return offset;
}

// ---- a launch ----
template <size_t... I> struct Indices {};
template <size_t N, size_t... I> struct IndicesBelow : IndicesBelow<N - 1, N - 1, I...> {};
template <size_t... I> struct IndicesBelow<0, I...> {
    typedef Indices<I...> type;
};
template <class... A, size_t... I> static void emulatedCall(void (*kernel)(A...), void** parameters, Indices<I...>) {
    kernel(*(A*)parameters[I]...);
}
template <class... A> static void emulatedCall(void (*kernel)(A...), void** parameters) {
    emulatedCall(kernel, parameters, typename IndicesBelow<sizeof...(A)>::type());
}
static void** emulatedParameters;
static void emulatedBegin(EmulatedBlock& block) {
    block.all = {}, block.alive = emulatedThreads;
    for (Meeting& m : block.named) m = {};
    for (int w = 0; w < EMULATED_THREADS / EMULATED_WARP; w++)
        block.warps[w] = {}, block.aliveInWarp[w] = min(EMULATED_WARP, max(0, emulatedThreads - w * EMULATED_WARP));
    if (EMULATED_CLUSTER > 1) {
        if (!block.shared) block.shared = (unsigned char*)malloc(EMULATED_DYNAMIC);
        memset(block.shared, 0xff, EMULATED_DYNAMIC);
    }
    for (int t = 0; t < emulatedThreads; t++) {
        Fiber& f = block.fibers[t];
        f.done = false, f.copies.count = f.copies.committed = f.copies.waited = 0;
        if (f.begun) continue;
        getcontext(&f.start);
        f.start.uc_stack.ss_sp = block.stacks + (size_t)t * EMULATED_STACK;
        f.start.uc_stack.ss_size = EMULATED_STACK;
        f.start.uc_link = nullptr;
        makecontext(&f.start, emulatedEntry, 0);
    }
}
static void emulatedRun(void (*body)(), const int* geometry, void** parameters) {
    emulatedBody = body, emulatedParameters = parameters;
    gridDim.x = geometry[0], gridDim.y = geometry[1], gridDim.z = geometry[2];
    blockDim.x = emulatedThreads = geometry[3], blockDim.y = blockDim.z = 1;
    emulatedBytes = geometry[4];
    if (emulatedBytes > EMULATED_DYNAMIC) emulatedFail("too much dynamic shared memory");
    for (EmulatedBlock& block : emulatedBlocks)
        if (!block.stacks) block.stacks = (char*)malloc((size_t)EMULATED_STACK * EMULATED_THREADS);
    if (gridDim.z % EMULATED_CLUSTER) emulatedFail("a cluster that is not whole");
    for (unsigned z = 0; z < gridDim.z; z += EMULATED_CLUSTER)
        for (unsigned y = 0; y < gridDim.y; y++)
            for (unsigned x = 0; x < gridDim.x; x++) {
                blockIdx.x = x, blockIdx.y = y, blockIdx.z = z;
                emulatedCluster = {}, emulatedAliveInCluster = emulatedThreads * EMULATED_CLUSTER;
                for (EmulatedBlock& block : emulatedBlocks) emulatedBegin(block);
                memset(emulatedShared, 0xff, sizeof emulatedShared);
                for (bool left = true; left;) {
                    left = false;
                    const long long met = emulatedMet;
                    bool ended = false;
                    for (int rank = 0; rank < EMULATED_CLUSTER; rank++) {
                        own = &emulatedBlocks[rank], blockIdx.z = z + rank;
                        if (EMULATED_CLUSTER > 1) memcpy(emulatedShared, own->shared, emulatedBytes);
                        for (int t = 0; t < emulatedThreads; t++) {
                            Fiber& f = own->fibers[t];
                            if (f.done) continue;
                            emulatedCurrent = t, threadIdx.x = t;
                            emulatedResume(f);
                            left = true, ended = ended || f.done;
                        }
                        if (EMULATED_CLUSTER > 1) memcpy(own->shared, emulatedShared, emulatedBytes);
                    }
                    if (left && !ended && met == emulatedMet && emulatedWaited++ > 2) emulatedFail("threads wait for others that never come");
                    if (met != emulatedMet || ended) emulatedWaited = 0;
                }
            }
}
