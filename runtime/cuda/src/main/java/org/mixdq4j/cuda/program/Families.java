package org.mixdq4j.cuda.program;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.mixdq4j.cuda.bind.Family;
import org.mixdq4j.cuda.device.host.Twin;

/** All kernels there are: fast ones first, then those that take every size. */
public final class Families {
    private Families() {}

    /** In the order in which they are asked. */
    static List<Family> all() {
        return List.of();
    }

    /** Twins of all kernels, by entry. */
    public static Map<String, Twin> twins() {
        Map<String, Twin> twins = new HashMap<>();
        return twins;
    }
}
