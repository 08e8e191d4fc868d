// Mean and 1 / deviation of groups of columns over all rows of a sample, of any size. Macros of joined.cuh. Block 256, grid (groups, samples).
#include "joined.cuh"

struct GroupStatisticsArgs {
    Joined in;
    float2* statistics;  // [samples][groups]
    float epsilon;
    int groups, width, rowsEach;  // groups, columns of one, rows a sample
};

// In doubles: a sample of a large picture has millions of elements a group.
DEVICE double blockSum(double x) {
    __shared__ double parts[256];
    __syncthreads();
    parts[threadIdx.x] = x;
    __syncthreads();
    for (int half = 128; half; half /= 2) {
        if (threadIdx.x < half) parts[threadIdx.x] += parts[threadIdx.x + half];
        __syncthreads();
    }
    return parts[0];
}

extern "C" __global__ void __launch_bounds__(256) groupStatistics(const __grid_constant__ GroupStatisticsArgs args) {
    letNextStart();
    awaitInputs();
    const int group = blockIdx.x, sample = blockIdx.y, count = args.rowsEach * args.width;
    auto element = [&](int i) {
        float x[1];
        loadJoined(x, args.in, sample * args.rowsEach + i / args.width, group * args.width + i % args.width);
        return (double)x[0];
    };
    double sum = 0, squares = 0;
    for (int i = threadIdx.x; i < count; i += 256) sum += element(i);
    const double mean = blockSum(sum) / count;
    for (int i = threadIdx.x; i < count; i += 256) {
        const double away = element(i) - mean;
        squares += away * away;
    }
    squares = blockSum(squares);
    if (threadIdx.x == 0)
        args.statistics[sample * args.groups + group] = make_float2((float)mean, (float)(1 / sqrt(squares / count + args.epsilon)));
}
