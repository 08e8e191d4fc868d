package org.mixdq4j.core.pipeline;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.exec.Network;
import org.mixdq4j.core.exec.Session;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.scheduler.Scheduler;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/**
 * Runs a noise predictor over a scheduler's steps for one image. Rows (the sides of guidance) go through the network one
 * at a time: float products of a whole batch round differently from those of a single row, and a picture must not depend
 * on what else was asked for. Each side has a session of its own, in which its text stays from step to step.
 */
public final class Denoiser implements AutoCloseable {
    private final Network network;
    private final NetworkInputs inputs;
    private final Shape latentShape;
    private final List<Session> sides = new ArrayList<>();

    /** @param network a graph built for batch 1 with inputs named as diffusers names them; closed after this */
    public Denoiser(Network network) {
        this.network = network;
        this.inputs = new NetworkInputs(network.graph());
        this.latentShape = LatentInput.shape(network.graph());
    }

    /** Whether a negative side is needed at this guidance scale, as in diffusers: above 1. */
    public boolean guides(double guidance) {
        return inputs.guides(guidance);
    }

    /**
     * @param negative the negative side; required if {@link #guides}
     * @param timeIds size micro-conditioning, for networks that take it
     * @param guidanceRescale see {@link TextToImage.Request}
     * @param watcher sees every step
     * @return final latents
     */
    public Tensor denoise(
            Conditioning positive,
            Optional<Conditioning> negative,
            float[] timeIds,
            double guidance,
            double guidanceRescale,
            Scheduler scheduler,
            NoiseSource noise,
            Consumer<DenoiseStep> watcher) {
        List<Conditioning> rows = new ArrayList<>();
        if (guides(guidance)) {
            rows.add(negative.orElseThrow());
        }
        rows.add(positive);
        List<Map<String, Tensor>> steady = new ArrayList<>();
        for (int row = 0; row < rows.size(); row++) {
            steady.add(inputs.steady(rows.get(row), timeIds, guidance));
            steady.get(row).forEach(side(row)::set);
        }
        int count = (int) latentShape.elements();
        float[] sample = noise.start(count);
        float scale = (float) scheduler.initNoiseSigma();
        for (int i = 0; i < count; i++) {
            sample[i] *= scale;
        }
        double[] timesteps = scheduler.timesteps();
        for (int step = 0; step < timesteps.length; step++) {
            Tensor modelInput = Tensor.of(latentShape, scheduler.scaleModelInput(sample, step));
            List<Map<String, Tensor>> calls = new ArrayList<>();
            List<Tensor> outputs = new ArrayList<>();
            long start = System.nanoTime();
            for (int row = 0; row < rows.size(); row++) {
                Map<String, Tensor> moving = inputs.moving(modelInput, timesteps[step]);
                moving.forEach(side(row)::set);
                Map<String, Tensor> call = new LinkedHashMap<>(steady.get(row));
                call.putAll(moving);
                calls.add(call);
                outputs.add(side(row).run().get("sample"));
            }
            double seconds = (System.nanoTime() - start) * 1e-9;
            float[] guided = Guidance.combine(outputs, guidance, guidanceRescale);
            requireFinite(guided, step);
            float[] stepNoise = scheduler.addsNoise(step) ? noise.step(step, count) : null;
            sample = scheduler.step(guided, step, sample, stepNoise);
            watcher.accept(new DenoiseStep(
                    step,
                    timesteps[step],
                    calls,
                    outputs,
                    Tensor.of(latentShape, guided),
                    Optional.ofNullable(stepNoise).map(values -> Tensor.of(latentShape, values)),
                    Tensor.of(latentShape, sample),
                    seconds));
        }
        return Tensor.of(latentShape, sample);
    }

    private Session side(int row) {
        while (sides.size() <= row) {
            sides.add(network.session());
        }
        return sides.get(row);
    }

    /** Frees its sessions; the network stays. */
    @Override
    public void close() {
        sides.forEach(Session::close);
        sides.clear();
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
