package org.mixdq4j.cuda.device;

/**
 * How a kernel is launched.
 *
 * @param threads of a block, along x
 * @param sharedBytes dynamic shared memory of a block
 * @param early whether it may start while the launch before it ends (programmatic dependent launch): its kernel then waits
 *     itself before it reads or writes what others do
 */
public record Geometry(int x, int y, int z, int threads, int sharedBytes, boolean early) {
    public Geometry {
        if (x < 1 || y < 1 || z < 1 || y > 65535 || z > 65535 || threads < 1 || threads > 1024 || sharedBytes < 0) {
            throw new IllegalArgumentException(
                    "a launch of " + x + " x " + y + " x " + z + " blocks of " + threads + " threads");
        }
    }

    /** Enough blocks along x for so many threads. */
    public static Geometry of(long wanted, int threads) {
        return new Geometry(Math.toIntExact(Math.max(1, (wanted + threads - 1) / threads)), 1, 1, threads, 0, true);
    }

    /** Blocks of all axes. */
    public long blocks() {
        return (long) x * y * z;
    }
}
