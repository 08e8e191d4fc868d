package org.mixdq4j.ptq.evaluate;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.mixdq4j.core.metrics.Psnr;
import org.mixdq4j.core.metrics.Sqnr;
import org.mixdq4j.core.metrics.Ssim;
import org.mixdq4j.core.pipeline.NoiseSource;
import org.mixdq4j.core.pipeline.TextToImage;
import org.mixdq4j.core.progress.Progress;
import org.mixdq4j.core.tensor.Tensor;

/**
 * Draws the same prompts from the same noise with a float and a quantized model, in turn, and compares. The network's
 * outputs are compared at the first step, where both read the same input; pictures at the end.
 */
public final class PairEvaluation {
    private final TextToImage reference;
    private final TextToImage quantized;

    public PairEvaluation(TextToImage reference, TextToImage quantized) {
        this.reference = reference;
        this.quantized = quantized;
    }

    /** One prompt's pictures, height x width x 3 in 0..1, and how alike they are. */
    public record Pair(String prompt, Tensor reference, Tensor quantized, double ssim, double psnr) {}

    /**
     * All prompts together.
     *
     * @param outputSqnr dB of the network's output at the first step, over all prompts
     * @param latentSqnr dB of the final latents, over all prompts
     * @param ssim mean over pictures (Gaussian window)
     * @param psnr mean over pictures, dB
     * @param referenceSeconds median time of a network step in float, over the later half: the first warms up
     * @param quantizedSeconds the same quantized
     */
    public record Outcome(
            List<Pair> pairs,
            double outputSqnr,
            double latentSqnr,
            double ssim,
            double psnr,
            double referenceSeconds,
            double quantizedSeconds) {}

    /** @param seeds one a request */
    public Outcome run(List<TextToImage.Request> requests, long[] seeds, Progress progress) {
        Sqnr output = new Sqnr();
        Sqnr latent = new Sqnr();
        List<Pair> pairs = new ArrayList<>();
        List<Double> referenceTimes = new ArrayList<>();
        List<Double> quantizedTimes = new ArrayList<>();
        progress.begin("comparing pictures", requests.size());
        for (int i = 0; i < requests.size(); i++) {
            Drawn a = draw(reference, requests.get(i), seeds[i], referenceTimes);
            Drawn b = draw(quantized, requests.get(i), seeds[i], quantizedTimes);
            output.add(a.firstOutput, b.firstOutput);
            latent.add(a.result.latents().toFloatArray(), b.result.latents().toFloatArray());
            pairs.add(compare(requests.get(i).prompt(), a.result.image(), b.result.image()));
            progress.at(i + 1);
        }
        progress.end();
        return new Outcome(
                pairs,
                output.decibels(),
                latent.decibels(),
                pairs.stream().mapToDouble(Pair::ssim).average().orElse(Double.NaN),
                pairs.stream().mapToDouble(Pair::psnr).average().orElse(Double.NaN),
                median(referenceTimes),
                median(quantizedTimes));
    }

    private record Drawn(TextToImage.Result result, float[] firstOutput) {}

    private static Drawn draw(TextToImage pipeline, TextToImage.Request request, long seed, List<Double> times) {
        List<float[]> outputs = new ArrayList<>();
        TextToImage.Result result = pipeline.generate(request, NoiseSource.seeded(seed), step -> {
            times.add(step.seconds() / step.inputs().size());
            if (step.index() == 0) {
                outputs.add(step.guided().toFloatArray());
            }
        });
        return new Drawn(result, outputs.get(0));
    }

    /** How alike two pictures are. */
    public static Pair compare(String prompt, Tensor a, Tensor b) {
        float[] left = a.toFloatArray();
        float[] right = b.toFloatArray();
        int height = a.shape().dim(0);
        int width = a.shape().dim(1);
        return new Pair(prompt, a, b, Ssim.gaussian(left, right, height, width, 3), Psnr.of(left, right, 1));
    }

    private static double median(List<Double> times) {
        List<Double> counted = new ArrayList<>(times.subList(times.size() / 2, times.size()));
        Collections.sort(counted);
        return counted.get(counted.size() / 2);
    }
}
