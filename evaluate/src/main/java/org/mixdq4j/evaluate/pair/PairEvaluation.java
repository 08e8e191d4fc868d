package org.mixdq4j.evaluate.pair;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.mixdq4j.core.metrics.Sqnr;
import org.mixdq4j.core.pipeline.NoiseSource;
import org.mixdq4j.core.pipeline.PictureSeries;
import org.mixdq4j.core.pipeline.TextToImage;
import org.mixdq4j.core.progress.Progress;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.evaluate.statistic.Estimate;

/**
 * Draws the same prompts from the same noise with the float model once and with any number of quantized ones, one model
 * after the other, and compares. The network's outputs are compared at the first step, where all read the same input;
 * latents and pictures at the end.
 */
public final class PairEvaluation {
    private final List<Drawing> drawings;
    private final int batchSize;
    private final DrawnStore reference;
    private final Progress progress;

    /**
     * Prepares to draw.
     *
     * @param batchSize pictures in memory at once; changes none
     * @param reference where the float model's drawings are kept
     */
    public PairEvaluation(List<Drawing> drawings, int batchSize, DrawnStore reference, Progress progress) {
        this.drawings = List.copyOf(drawings);
        this.batchSize = batchSize;
        this.reference = reference;
        this.progress = progress;
    }

    /** Is shown each drawing, in order. */
    @FunctionalInterface
    public interface Watcher {
        void drawn(int index, Drawn drawn);
    }

    /**
     * How a quantized model compares.
     *
     * @param likenesses one a drawing
     * @param outputSqnr dB over the energies of all drawings together
     * @param latentSqnr dB over the energies of all drawings together
     * @param secondsPerStep as {@link #drawReference} tells it
     */
    public record Outcome(List<Likeness> likenesses, double outputSqnr, double latentSqnr, double secondsPerStep) {
        public Estimate ssim() {
            return mean(Likeness::ssim);
        }

        /** dB. */
        public Estimate psnr() {
            return mean(Likeness::psnr);
        }

        private Estimate mean(ToDoubleFunction<Likeness> of) {
            return Estimate.ofMean(likenesses.stream().mapToDouble(of).toArray());
        }
    }

    /**
     * Draws with the float model; once, and before any comparison.
     *
     * @param stage what progress calls it
     * @return median seconds of a network step and row, over the later half of the drawings: the first warm up
     */
    public double drawReference(TextToImage model, String stage, Watcher watcher) {
        return draw(model, stage, (index, drawn) -> {
            reference.put(index, drawn);
            watcher.drawn(index, drawn);
        });
    }

    /** Draws with a quantized model and compares. */
    public Outcome compare(TextToImage model, String stage, Watcher watcher) {
        Sqnr output = new Sqnr();
        Sqnr latent = new Sqnr();
        List<Likeness> likenesses = new ArrayList<>();
        double seconds = draw(model, stage, (index, drawn) -> {
            Drawn expected = reference.get(index);
            output.add(
                    expected.firstOutput().toFloatArray(), drawn.firstOutput().toFloatArray());
            latent.add(expected.latents().toFloatArray(), drawn.latents().toFloatArray());
            likenesses.add(Likeness.of(expected, drawn));
            watcher.drawn(index, drawn);
        });
        return new Outcome(List.copyOf(likenesses), output.decibels(), latent.decibels(), seconds);
    }

    private double draw(TextToImage model, String stage, Watcher watcher) {
        List<Double> times = new ArrayList<>();
        Map<Integer, Tensor> firstOutputs = new HashMap<>();
        progress.begin(stage, drawings.size());
        new PictureSeries(model, batchSize, progress)
                .draw(
                        0,
                        drawings.size(),
                        i -> new TextToImage.Job(
                                drawings.get(i).request(),
                                NoiseSource.seeded(drawings.get(i).seed()),
                                step -> {
                                    times.add(step.seconds() / step.inputs().size());
                                    if (step.index() == 0) {
                                        firstOutputs.put(i, step.guided());
                                    }
                                }),
                        (i, result) ->
                                watcher.drawn(i, new Drawn(firstOutputs.remove(i), result.latents(), result.image())));
        progress.end();
        return median(times);
    }

    private static double median(List<Double> times) {
        List<Double> counted = new ArrayList<>(times.subList(times.size() / 2, times.size()));
        Collections.sort(counted);
        return counted.get(counted.size() / 2);
    }
}
