package org.mixdq4j.core.pipeline;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.mixdq4j.core.checkpoint.QuantizedCheckpoint;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.exec.CompiledModel;
import org.mixdq4j.core.exec.Execution;
import org.mixdq4j.core.exec.Executor;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.model.CheckpointNames;
import org.mixdq4j.core.model.folder.ModelFolder;
import org.mixdq4j.core.safetensors.SafetensorsFolder;
import org.mixdq4j.core.scheduler.Scheduler;
import org.mixdq4j.core.scheduler.SchedulerConfig;
import org.mixdq4j.core.scheduler.Schedulers;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/**
 * A text-to-image model ready to draw pictures of one size, in float or with its noise predictor quantized. The same
 * prompt and seed give the same picture whatever else is drawn.
 */
public final class TextToImage implements AutoCloseable {
    private final int height;
    private final int width;
    private final TextConditioner conditioner;
    private final CompiledModel network;
    private final Denoiser denoiser;
    private final LatentDecoder decoder;
    private final SchedulerConfig scheduler;

    private TextToImage(
            int height,
            int width,
            TextConditioner conditioner,
            CompiledModel network,
            LatentDecoder decoder,
            SchedulerConfig scheduler) {
        this.height = height;
        this.width = width;
        this.conditioner = conditioner;
        this.network = network;
        this.denoiser = new Denoiser(network);
        this.decoder = decoder;
        this.scheduler = scheduler;
    }

    /**
     * Loads a model.
     *
     * @param quantized the noise predictor's quantized form; empty runs it in float
     */
    public static TextToImage open(
            ModelFolder folder,
            int height,
            int width,
            Optional<QuantizedCheckpoint> quantized,
            Execution execution,
            Executor executor) {
        DiffusionNetwork network = DiffusionNetwork.of(folder);
        Graph graph = network.graph(height, width);
        SchedulerConfig scheduler = Schedulers.of(
                folder.schedulerConfig(), folder.component("scheduler").toString());
        TextConditioner conditioner = TextConditioner.open(folder, executor);
        CompiledModel compiled = null;
        try {
            compiled = compile(folder, network, graph, quantized, execution, executor);
            LatentDecoder decoder = LatentDecoder.open(folder, new Denoiser(compiled).latentShape(), executor);
            return new TextToImage(height, width, conditioner, compiled, decoder, scheduler);
        } catch (RuntimeException e) {
            if (compiled != null) {
                compiled.close();
            }
            conditioner.close();
            throw e;
        }
    }

    private static CompiledModel compile(
            ModelFolder folder,
            DiffusionNetwork network,
            Graph graph,
            Optional<QuantizedCheckpoint> quantized,
            Execution execution,
            Executor executor) {
        if (quantized.isPresent()) {
            QuantizedCheckpoint checkpoint = quantized.get();
            return executor.compile(graph, checkpoint.floatWeights(), checkpoint.layers(), execution);
        }
        try (SafetensorsFolder weights = folder.weights(network.component())) {
            return executor.compile(graph, CheckpointNames.adapt(weights, graph));
        }
    }

    /**
     * What to draw.
     *
     * @param steps number of scheduler steps, ignored if {@code timesteps} are given
     * @param timesteps the scheduler's timesteps, descending, instead of a number of steps
     * @param guidance classifier-free guidance scale; up to 1 means none
     */
    public record Request(
            String prompt, Optional<String> negativePrompt, int steps, Optional<double[]> timesteps, double guidance) {
        public Request {
            if (timesteps.isEmpty() && steps < 1) {
                throw new UsageException("Cannot draw in " + steps + " steps; give --steps 1 or more.");
            }
            if (!(guidance >= 0) || Double.isInfinite(guidance)) {
                throw new UsageException(
                        "The guidance scale " + guidance + " makes no sense; give --guidance 0 or more.");
            }
        }
    }

    /**
     * What was drawn.
     *
     * @param latents [1, channels, height, width]
     * @param image height x width x 3 in 0..1, before rounding to bytes
     */
    public record Result(Conditioning positive, Optional<Conditioning> negative, Tensor latents, Tensor image) {}

    /** One picture to draw. @param watcher sees its steps */
    public record Job(Request request, NoiseSource noise, Consumer<DenoiseStep> watcher) {}

    /** Draws one picture. */
    public Result generate(Request request, NoiseSource noise, Consumer<DenoiseStep> watcher) {
        return generate(List.of(new Job(request, noise, watcher))).get(0);
    }

    /**
     * Draws several pictures, stage by stage: all prompts are encoded, then all latents denoised, then all decoded. How
     * many go together changes the memory needed, not a bit of any picture.
     */
    public List<Result> generate(List<Job> jobs) {
        List<Conditioning> positives = new ArrayList<>();
        List<Optional<Conditioning>> negatives = new ArrayList<>();
        for (Job job : jobs) {
            positives.add(conditioner.encode(job.request().prompt()));
            negatives.add(
                    denoiser.guides(job.request().guidance())
                            ? Optional.of(
                                    conditioner.encodeNegative(job.request().negativePrompt()))
                            : Optional.empty());
        }
        float[] timeIds = {height, width, 0, 0, height, width};
        List<Tensor> latents = new ArrayList<>();
        for (int i = 0; i < jobs.size(); i++) {
            Job job = jobs.get(i);
            latents.add(denoiser.denoise(
                    positives.get(i),
                    negatives.get(i),
                    timeIds,
                    job.request().guidance(),
                    schedule(job.request()),
                    job.noise(),
                    job.watcher()));
        }
        List<Result> results = new ArrayList<>();
        for (int i = 0; i < jobs.size(); i++) {
            results.add(new Result(positives.get(i), negatives.get(i), latents.get(i), decoder.decode(latents.get(i))));
        }
        return results;
    }

    /** The scheduler's trajectory for a request. */
    public Scheduler schedule(Request request) {
        return request.timesteps().map(scheduler::schedule).orElseGet(() -> scheduler.schedule(request.steps()));
    }

    /** Whether this guidance scale doubles the rows of every step. */
    public boolean guides(double guidance) {
        return denoiser.guides(guidance);
    }

    /** Padded token ids of each tokenizer. */
    public List<long[]> tokens(String prompt) {
        return conditioner.tokens(prompt);
    }

    /** Whether the end of the prompt will be ignored. */
    public boolean truncates(String prompt) {
        return conditioner.truncates(prompt);
    }

    /** [1, channels, height, width] of one picture's latents. */
    public Shape latentShape() {
        return denoiser.latentShape();
    }

    @Override
    public void close() {
        decoder.close();
        network.close();
        conditioner.close();
    }
}
