package org.mixdq4j.cuda.device;

/**
 * What a kernel's shape is chosen by.
 *
 * @param major of the compute capability: 8 for Ampere and Ada, 9 for Hopper, 10 and 12 for Blackwell
 * @param multiprocessors number of them
 * @param sharedBytes most shared memory one block can ask for
 * @param cacheBytes of the second-level cache
 */
public record DeviceInfo(String name, int major, int minor, int multiprocessors, int sharedBytes, long cacheBytes) {
    /** Whether wgmma, the tensor copy engine and clusters are there (sm_90a alone has wgmma). */
    public boolean hopper() {
        return major == 9;
    }

    /** Whether a kernel may start while the one before it ends, and blocks form clusters. */
    public boolean clusters() {
        return major >= 9;
    }

    /** As compilers call it: {@code sm_90a} where instructions of this architecture alone are wanted. */
    public String architecture(boolean specific) {
        return "sm_" + major + minor + (specific ? "a" : "");
    }
}
