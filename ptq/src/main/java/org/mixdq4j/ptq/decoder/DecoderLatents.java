package org.mixdq4j.ptq.decoder;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.mixdq4j.core.artifact.calibration.CalibrationSet;
import org.mixdq4j.core.artifact.calibration.Spread;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.ptq.scheme.Scheme;

/**
 * Latents [1, C, H, W] as a scheduler ends with them.
 *
 * @param ranged those that ranges come from; at least one
 * @param others those the finished decoder is tried on; where there are none, it is tried on the first
 */
public record DecoderLatents(List<Tensor> ranged, List<Tensor> others) {
    /** Pictures it is tried on when it is done. */
    private static final int TRIED = 16;

    /** As many of a set's latents as a scheme says, spread over it, and some of the rest. */
    public static DecoderLatents of(CalibrationSet set, Scheme.Vae how) {
        int all = set.manifest().samples().size();
        Set<Integer> ranged = Spread.of(all, 1, 1, how.samples());
        List<Integer> rest =
                IntStream.range(0, all).filter(i -> !ranged.contains(i)).boxed().toList();
        Set<Integer> others =
                Spread.of(rest.size(), 1, 1, TRIED).stream().map(rest::get).collect(Collectors.toSet());
        return new DecoderLatents(latents(set, ranged), latents(set, others));
    }

    private static List<Tensor> latents(CalibrationSet set, Set<Integer> samples) {
        List<Tensor> latents = new ArrayList<>();
        int[] index = {0};
        set.forEachLatents(tensor -> {
            if (samples.contains(index[0]++)) {
                latents.add(tensor);
            }
        });
        return latents;
    }
}
