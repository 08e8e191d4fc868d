package org.mixdq4j.core.pipeline;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.exec.CompiledModel;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.GraphInput;
import org.mixdq4j.core.scheduler.Scheduler;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/**
 * Runs a noise predictor over a scheduler's steps for one image. Rows (the sides of guidance) go through the network one
 * at a time: float products of a whole batch round differently from those of a single row, and a picture must not depend
 * on what else was asked for.
 */
public final class Denoiser {
    private final CompiledModel network;
    private final Shape latentShape;

    /** @param network a graph built for batch 1 with inputs named as diffusers names them */
    public Denoiser(CompiledModel network) {
        this.network = network;
        this.latentShape = network.graph().inputs().get("sample").shape();
    }

    /** [1, channels, height, width] of the latents. */
    public Shape latentShape() {
        return latentShape;
    }

    /** Whether guidance enters as an embedding (LCM) instead of a second row. */
    private boolean guidanceEmbedded() {
        return network.graph().inputs().containsKey("timestep_cond");
    }

    /** Whether a negative side is needed at this guidance scale, as in diffusers: above 1. */
    public boolean guides(double guidance) {
        return guidance > 1 && !guidanceEmbedded();
    }

    /**
     * @param negative the negative side; required if {@link #guides}
     * @param timeIds size micro-conditioning, for networks that take it
     * @param watcher sees every step
     * @return final latents
     */
    public Tensor denoise(
            Conditioning positive,
            Optional<Conditioning> negative,
            float[] timeIds,
            double guidance,
            Scheduler scheduler,
            NoiseSource noise,
            Consumer<DenoiseStep> watcher) {
        List<Conditioning> rows = new ArrayList<>();
        if (guides(guidance)) {
            rows.add(negative.orElseThrow());
        }
        rows.add(positive);
        int count = (int) latentShape.elements();
        float[] sample = noise.start(count);
        float scale = (float) scheduler.initNoiseSigma();
        for (int i = 0; i < count; i++) {
            sample[i] *= scale;
        }
        double[] timesteps = scheduler.timesteps();
        for (int step = 0; step < timesteps.length; step++) {
            Tensor modelInput = Tensor.of(latentShape, scheduler.scaleModelInput(sample, step));
            List<Map<String, Tensor>> inputs = new ArrayList<>();
            List<Tensor> outputs = new ArrayList<>();
            long start = System.nanoTime();
            for (Conditioning row : rows) {
                Map<String, Tensor> in = inputs(modelInput, timesteps[step], row, timeIds, guidance);
                inputs.add(in);
                outputs.add(network.run(in).get("sample"));
            }
            double seconds = (System.nanoTime() - start) * 1e-9;
            float[] guided = Guidance.combine(outputs, guidance);
            requireFinite(guided, step);
            float[] stepNoise = scheduler.addsNoise(step) ? noise.step(step, count) : null;
            sample = scheduler.step(guided, step, sample, stepNoise);
            watcher.accept(new DenoiseStep(
                    step,
                    timesteps[step],
                    inputs,
                    outputs,
                    Tensor.of(latentShape, guided),
                    Optional.ofNullable(stepNoise).map(values -> Tensor.of(latentShape, values)),
                    Tensor.of(latentShape, sample),
                    seconds));
        }
        return Tensor.of(latentShape, sample);
    }

    private Map<String, Tensor> inputs(
            Tensor modelInput, double timestep, Conditioning row, float[] timeIds, double guidance) {
        Map<String, Tensor> inputs = new LinkedHashMap<>();
        for (GraphInput input : network.graph().inputs().values()) {
            Tensor value =
                    switch (input.name()) {
                        case "sample" -> modelInput;
                        case "timestep" -> Tensor.of(Shape.of(1), (float) timestep);
                        case "encoder_hidden_states" -> row.hiddenStates();
                        case "text_embeds" -> row.pooled()
                                .orElseThrow(() -> new MixdqException("The network wants a pooled text embedding"
                                        + " (text_embeds), but the model lists one text encoder only; get a model_index.json"
                                        + " with text_encoder_2."));
                        case "time_ids" -> Tensor.of(input.shape(), timeIds);
                        case "timestep_cond" -> guidanceEmbedding(guidance, input.shape());
                        default -> throw new MixdqException("The network wants an input '" + input.name()
                                + "' this pipeline does not know; it is not a text-to-image network of diffusers.");
                    };
            inputs.put(input.name(), value);
        }
        return inputs;
    }

    /** LCM's embedding of w = guidance - 1: sines then cosines of 1000 w (as diffusers' get_guidance_scale_embedding). */
    private static Tensor guidanceEmbedding(double guidance, Shape shape) {
        int features = shape.dim(1);
        int half = features / 2;
        float[] out = new float[features];
        for (int i = 0; i < half; i++) {
            double angle = (guidance - 1) * 1000 * Math.exp(-Math.log(10000) * i / (half - 1));
            out[i] = (float) Math.sin(angle);
            out[half + i] = (float) Math.cos(angle);
        }
        return Tensor.of(shape, out);
    }

    private void requireFinite(float[] values, int step) {
        for (float value : values) {
            if (!Float.isFinite(value)) {
                Graph graph = network.graph();
                throw new MixdqException("The " + graph.name() + " gave " + value + " at step " + (step + 1)
                        + "; its weights or the given latents are damaged: check them with 'mixdq info'.");
            }
        }
    }
}
