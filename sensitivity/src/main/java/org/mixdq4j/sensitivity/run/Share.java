package org.mixdq4j.sensitivity.run;

import java.util.ArrayList;
import java.util.List;
import org.mixdq4j.sensitivity.measure.Unit;
import org.mixdq4j.sensitivity.variant.Variant;

/** Variants of one unit for one thread. */
record Share(Unit unit, List<Variant> variants) {
    /** Variants in a share at least: recording the unit takes about as long as two of them. */
    private static final int FEWEST = 16;

    /** Shares a thread, so that all end at about the same time. */
    private static final int EACH = 4;

    /**
     * The same work in enough shares to keep threads busy where there are few units. Each share records its unit anew.
     *
     * @param shares one a unit
     */
    static List<Share> divide(List<Share> shares, int threads) {
        if (threads == 1) {
            return shares;
        }
        int wanted = (EACH * threads + shares.size() - 1) / Math.max(1, shares.size());
        List<Share> divided = new ArrayList<>();
        for (Share share : shares) {
            int parts = Math.max(1, Math.min(wanted, share.variants.size() / FEWEST));
            for (int part = 0; part < parts; part++) {
                List<Variant> some = new ArrayList<>();
                // Dealt like cards, since the first layers are more work than the last.
                for (int i = part; i < share.variants.size(); i += parts) {
                    some.add(share.variants.get(i));
                }
                divided.add(new Share(share.unit, some));
            }
        }
        return divided;
    }
}
