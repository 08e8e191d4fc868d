package org.mixdq4j.core.tokenizer;

/**
 * Keeps DJL off the network. Everything DJL needs is in its jars, yet left alone it reports usage to a tracking host and,
 * on a machine with CUDA, downloads another native library. Both switches are read when its first class is initialised,
 * so {@link #enforce()} must run before any {@code ai.djl} class is touched.
 */
public final class OfflineDjl {
    private OfflineDjl() {}

    /** Sets {@code ai.djl.offline} and {@code OPT_OUT_TRACKING} to true unless the user has set them. */
    public static void enforce() {
        setIfAbsent("ai.djl.offline");
        setIfAbsent("OPT_OUT_TRACKING");
    }

    private static void setIfAbsent(String property) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, "true");
        }
    }
}
