package org.mixdq4j.core.io;

import java.nio.file.Path;

/** Where this user's caches are: what is there can be made again. */
public final class UserCache {
    private UserCache() {}

    /** {@code $XDG_CACHE_HOME/mixdq4j/name}, or below {@code ~/.cache}. */
    public static Path folder(String name) {
        String cache = System.getenv("XDG_CACHE_HOME");
        Path base =
                cache == null || cache.isBlank() ? Path.of(System.getProperty("user.home"), ".cache") : Path.of(cache);
        return base.resolve("mixdq4j").resolve(name);
    }
}
