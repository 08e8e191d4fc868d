package org.mixdq4j.core.pipeline;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import org.mixdq4j.core.artifact.checkpoint.QuantizedCheckpoint;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.exec.Executor;
import org.mixdq4j.core.exec.Network;
import org.mixdq4j.core.exec.Numerics;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.network.CheckpointNames;
import org.mixdq4j.core.network.source.ModelSource;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.safetensors.StoredWeights;
import org.mixdq4j.core.scheduler.Scheduler;
import org.mixdq4j.core.scheduler.SchedulerConfig;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/**
 * A text-to-image model ready to draw pictures of one size, in float or with its noise predictor quantized. The same
 * prompt and seed give the same picture whatever else is drawn.
 */
public final class TextToImage implements AutoCloseable {
    private final PipelineSetup setup;
    private final NetworkInputs inputs;
    private final Shape latentShape;
    private final TextConditioner conditioner;
    private final Held<Network> network;

    /** The network for texts of other lengths than the text encoders' own, by that length: prompts of several chunks. */
    private final Map<Integer, Held<Network>> otherLengths = new TreeMap<>();

    private final IntFunction<Held<Network>> openForLength;
    private final Held<LatentDecoder> decoder;
    private final ModelScheduler scheduler;
    private final SchedulerConfig sampler;
    private final StageTimes times;

    private TextToImage(
            PipelineSetup setup,
            Graph graph,
            TextConditioner conditioner,
            Held<Network> network,
            IntFunction<Held<Network>> openForLength,
            Held<LatentDecoder> decoder,
            ModelScheduler scheduler,
            StageTimes times) {
        this.setup = setup;
        this.inputs = new NetworkInputs(graph);
        this.latentShape = LatentInput.shape(graph);
        this.conditioner = conditioner;
        this.network = network;
        this.openForLength = openForLength;
        this.decoder = decoder;
        this.scheduler = scheduler;
        this.sampler = scheduler.config();
        this.times = times;
    }

    /** Loads a model, all of it, for prompts as it is made for. @param quantized empty runs it in float */
    public static TextToImage open(
            ModelSource folder,
            int height,
            int width,
            Optional<QuantizedCheckpoint> quantized,
            Numerics numerics,
            Executor executor) {
        return open(new PipelineSetup(folder, height, width, quantized, numerics), executor);
    }

    /** Loads a model, or makes sure that it can be loaded when it is needed. */
    public static TextToImage open(PipelineSetup setup, Executor executor) {
        ModelSource folder = setup.model();
        DiffusionNetwork network = DiffusionNetwork.of(folder);
        Graph graph = network.graph(setup.height(), setup.width(), setup.prompts());
        ModelScheduler scheduler = network.fitted(setup.scheduler(), setup.height(), setup.width());
        scheduler.config();
        requireWeights(setup, network, graph);
        StageTimes times = new StageTimes();
        TextConditioner conditioner =
                times.of(StageTimes.Stage.LOAD, () -> TextConditioner.open(setup, new NetworkInputs(graph), executor));
        Held<Network> held = null;
        try {
            held = held(setup, network, graph, false, executor, times);
            Held<LatentDecoder> decoder = new Held<>(
                    "vae",
                    new Held.Handling<>(
                            () -> LatentDecoder.open(setup, LatentInput.shape(graph), executor),
                            LatentDecoder::close,
                            LatentDecoder::weightBytes),
                    setup.lowMemory(),
                    times);
            IntFunction<Held<Network>> forLength = tokens -> held(
                    setup,
                    network,
                    network.graphForTokens(setup.height(), setup.width(), tokens),
                    true,
                    executor,
                    times);
            return new TextToImage(setup, graph, conditioner, held, forLength, decoder, scheduler, times);
        } catch (RuntimeException e) {
            if (held != null) {
                held.close();
            }
            conditioner.close();
            throw e;
        }
    }

    private static Held<Network> held(
            PipelineSetup setup,
            DiffusionNetwork network,
            Graph graph,
            boolean chunks,
            Executor executor,
            StageTimes times) {
        return new Held<>(
                network.component(),
                new Held.Handling<>(
                        () -> compile(setup, network, graph, chunks, executor), Network::close, Network::weightBytes),
                setup.lowMemory(),
                times);
    }

    /** By names and shapes, before prompts are encoded for minutes. */
    private static void requireWeights(PipelineSetup setup, DiffusionNetwork network, Graph graph) {
        if (setup.quantized().isEmpty()) {
            try (StoredWeights weights = setup.model().weights(network.component())) {
                CheckpointNames.adapt(weights, graph);
            }
        }
    }

    /** @param chunks whether texts have several first tokens */
    private static Network compile(
            PipelineSetup setup, DiffusionNetwork network, Graph graph, boolean chunks, Executor executor) {
        Set<String> steady = new NetworkInputs(graph).steady();
        if (setup.quantized().isPresent()) {
            QuantizedCheckpoint checkpoint = setup.quantized().get();
            QuantizedLayers layers = chunks ? SeveralFirstTokens.of(checkpoint.layers()) : checkpoint.layers();
            return executor.compile(graph, steady, checkpoint.floatWeights(), layers, setup.numericsOn(executor));
        }
        try (StoredWeights weights = setup.model().weights(network.component())) {
            return executor.compile(
                    graph,
                    steady,
                    CheckpointNames.adapt(weights, graph),
                    QuantizedLayers.NONE,
                    setup.numericsOn(executor));
        }
    }

    /**
     * What to draw.
     *
     * @param steps number of scheduler steps, ignored if {@code timesteps} are given
     * @param timesteps the scheduler's timesteps, descending, instead of a number of steps
     * @param guidance classifier-free guidance scale; up to 1 means none
     * @param guidanceRescale share of guided outputs that is scaled back to the spread of the positive side's, 0 to 1
     */
    public record Request(
            String prompt,
            Optional<String> negativePrompt,
            int steps,
            Optional<double[]> timesteps,
            double guidance,
            double guidanceRescale) {
        public Request {
            if (timesteps.isEmpty() && steps < 1) {
                throw new UsageException("Cannot draw in " + steps + " steps; give --steps 1 or more.");
            }
            if (!(guidance >= 0) || Double.isInfinite(guidance)) {
                throw new UsageException(
                        "The guidance scale " + guidance + " makes no sense; give --guidance 0 or more.");
            }
            if (!(guidanceRescale >= 0 && guidanceRescale <= 1)) {
                throw new UsageException("The guidance rescale " + guidanceRescale
                        + " makes no sense; give --guidance-rescale from 0 to 1.");
            }
        }

        /** Guidance as it is. */
        public Request(
                String prompt,
                Optional<String> negativePrompt,
                int steps,
                Optional<double[]> timesteps,
                double guidance) {
            this(prompt, negativePrompt, steps, timesteps, guidance, 0);
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
        List<String> prompts = new ArrayList<>();
        List<String> negativeTexts = new ArrayList<>();
        for (Job job : jobs) {
            prompts.add(job.request().prompt());
            if (guides(job.request().guidance())) {
                negativeTexts.add(TextConditioner.negativeText(job.request().negativePrompt()));
            }
        }
        TextConditioner.Encoded encoded =
                times.of(StageTimes.Stage.TEXT, () -> conditioner.encode(prompts, negativeTexts));
        List<Conditioning> positives = new ArrayList<>();
        List<Optional<Conditioning>> negatives = new ArrayList<>();
        for (Job job : jobs) {
            Request request = job.request();
            positives.add(encoded.positives().get(request.prompt()));
            negatives.add(
                    guides(request.guidance())
                            ? Optional.of(conditioner.negative(request.negativePrompt(), encoded))
                            : Optional.empty());
        }
        List<Tensor> latents = times.of(StageTimes.Stage.STEPS, () -> denoise(jobs, positives, negatives));
        List<Tensor> images = times.of(
                StageTimes.Stage.DECODE,
                () -> decoder.use(vae -> latents.stream().map(vae::decode).toList()));
        List<Result> results = new ArrayList<>();
        for (int i = 0; i < jobs.size(); i++) {
            results.add(new Result(positives.get(i), negatives.get(i), latents.get(i), images.get(i)));
        }
        return results;
    }

    private List<Tensor> denoise(List<Job> jobs, List<Conditioning> positives, List<Optional<Conditioning>> negatives) {
        int usual = inputs.textTokens().orElse(0);
        SortedMap<Integer, List<Integer>> byLength = new TreeMap<>();
        for (int i = 0; i < jobs.size(); i++) {
            int tokens = TextLength.common(positives.get(i), negatives.get(i));
            byLength.computeIfAbsent(usual == 0 ? 0 : tokens, length -> new ArrayList<>())
                    .add(i);
        }
        Tensor[] latents = new Tensor[jobs.size()];
        byLength.forEach((tokens, indices) -> {
            Held<Network> fitting =
                    tokens == usual ? network : otherLengths.computeIfAbsent(tokens, openForLength::apply);
            fitting.use(model -> {
                try (Denoiser denoiser = new Denoiser(model)) {
                    indices.forEach(
                            i -> latents[i] = denoise(denoiser, jobs.get(i), positives.get(i), negatives.get(i)));
                    return null;
                }
            });
        });
        return List.of(latents);
    }

    private Tensor denoise(Denoiser denoiser, Job job, Conditioning positive, Optional<Conditioning> negative) {
        float[] timeIds = {setup.height(), setup.width(), 0, 0, setup.height(), setup.width()};
        int tokens = TextLength.common(positive, negative);
        return denoiser.denoise(
                TextLength.repeated(positive, tokens),
                negative.map(text -> TextLength.repeated(text, tokens)),
                timeIds,
                job.request().guidance(),
                job.request().guidanceRescale(),
                schedule(job.request()),
                job.noise(),
                job.watcher());
    }

    /** The scheduler's trajectory for a request. */
    public Scheduler schedule(Request request) {
        return request.timesteps().map(sampler::schedule).orElseGet(() -> sampler.schedule(request.steps()));
    }

    /** The scheduler, made to fit the pictures' size. */
    public ModelScheduler scheduler() {
        return scheduler;
    }

    /** Where its time went so far. */
    public StageTimes times() {
        return times;
    }

    /** Whether this guidance scale doubles the rows of every step. */
    public boolean guides(double guidance) {
        return inputs.guides(guidance);
    }

    /** Padded token ids of each tokenizer. */
    public List<long[]> tokens(String prompt) {
        return conditioner.tokens(prompt);
    }

    /** The text encoders that will ignore the end of the prompt, by folder name. */
    public List<String> truncating(String prompt) {
        return conditioner.truncating(prompt);
    }

    /** Into how many chunks, each as long as the text encoders read, a prompt is cut. */
    public int chunks(String prompt) {
        return conditioner.chunks(prompt);
    }

    /** [1, channels, height, width] of one picture's latents. */
    public Shape latentShape() {
        return latentShape;
    }

    @Override
    public void close() {
        decoder.close();
        otherLengths.values().forEach(Held::close);
        network.close();
        conditioner.close();
    }
}
