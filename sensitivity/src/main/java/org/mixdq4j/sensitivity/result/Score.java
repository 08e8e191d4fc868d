package org.mixdq4j.sensitivity.result;

import java.util.List;
import org.mixdq4j.sensitivity.measure.Measured;

/**
 * How good the result is with one variant; larger is better.
 *
 * @param sqnr dB of the network's output, signal and noise summed over all units (MixDQ); infinite if nothing changed, minus infinity if
 *     numbers came out that are none
 * @param ssim mean over pictures; NaN where they were not compared
 */
public record Score(double sqnr, double ssim) {
    /** @param units of the whole set, in the set's order: sums must not depend on who measured first */
    public static Score of(List<Measured> units) {
        double signal = 0;
        double noise = 0;
        double ssim = 0;
        for (Measured unit : units) {
            signal += unit.signal();
            noise += unit.noise();
            ssim += unit.ssim();
        }
        return new Score(10 * Math.log10(signal / noise), ssim / units.size());
    }
}
