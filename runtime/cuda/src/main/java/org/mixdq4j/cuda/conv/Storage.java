package org.mixdq4j.cuda.conv;

/** How a convolution's integers are kept on the device. */
enum Storage {
    /** As bytes. */
    BYTES,
    /** As 4-bit codes that the convolution reads. */
    CODES,
    /** As 4-bit codes that {@code conv_unpack.cu} makes bytes of before each run. */
    UNPACKED;

    /** Weights from which on it pays to keep codes. */
    private static final long MANY = 65536;

    /** @param group weights of a group of 4-bit codes, 0 for none; negative if they are no such codes */
    static Storage of(boolean wgmma, int group, long weights) {
        if (group < 0) {
            return BYTES;
        } else if (!wgmma && group == 0) {
            return CODES;
        }
        return weights < MANY ? BYTES : UNPACKED;
    }
}
