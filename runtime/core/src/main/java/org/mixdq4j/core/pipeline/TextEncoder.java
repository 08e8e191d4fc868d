package org.mixdq4j.core.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.mixdq4j.core.artifact.checkpoint.QuantizedCheckpoint;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.exec.Executor;
import org.mixdq4j.core.exec.Network;
import org.mixdq4j.core.exec.Numerics;
import org.mixdq4j.core.exec.PartwiseRun;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.op.Embedding;
import org.mixdq4j.core.network.CheckpointNames;
import org.mixdq4j.core.network.NetworkShape;
import org.mixdq4j.core.network.Networks;
import org.mixdq4j.core.network.clip.ClipText;
import org.mixdq4j.core.network.source.ModelSource;
import org.mixdq4j.core.prompt.LearnedEmbedding;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.safetensors.StoredWeights;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;
import org.mixdq4j.core.tokenizer.PromptTokenizer;

/**
 * One text encoder with its tokenizer, for one prompt at a time so that no prompt's result depends on others. Its weights
 * are in memory as long as it is open, or part by part while it encodes.
 */
final class TextEncoder implements AutoCloseable {
    static final String LAST = "last_hidden_state";
    static final String PENULTIMATE = "penultimate";
    static final String POOLED = "text_embeds";

    /** Outputs that take the place of {@link #LAST}, but for the final norm, and {@link #PENULTIMATE} where layers are left out. */
    private static final Map<String, String> SKIPPED = Map.of(LAST, "skipped", PENULTIMATE, "skipped_penultimate");

    private static final String FINAL_NORM = "text_model.final_layer_norm";

    /** Weights of a part: 1 GiB in FP32. Where memory is low one part is there at a time, and the others are cut alike. */
    private static final long PART_ELEMENTS = 1L << 28;

    private final String component;
    private final PromptTokenizer tokenizer;
    private final int length;
    private final Graph graph;

    private final StoredForm storedForm;

    private final PipelineSetup setup;
    private final Executor executor;
    private final PartwiseRun parts;
    private final Optional<Network> kept;

    private TextEncoder(
            String component,
            PromptTokenizer tokenizer,
            int length,
            Graph graph,
            StoredForm storedForm,
            PipelineSetup setup,
            Executor executor) {
        this.component = component;
        this.tokenizer = tokenizer;
        this.length = length;
        this.graph = graph;
        this.storedForm = storedForm;
        this.setup = setup;
        this.executor = executor;
        this.parts = new PartwiseRun(executor, graph, PART_ELEMENTS);
        // Where memory is low only names and shapes are looked at, so that what does not fit is refused before any
        // work.
        this.kept = withWeights((weights, layers) -> setup.lowMemory().isPresent()
                ? Optional.empty()
                : Optional.of(parts.keep(weights, layers, numerics())));
    }

    /**
     * @param component folder of the encoder; that of its tokenizer is called accordingly
     * @param length ids of a prompt; 0 for as many as the tokenizer is made for
     */
    static TextEncoder open(PipelineSetup setup, String component, int length, Executor executor) {
        ModelSource folder = setup.model();
        JsonNode config = folder.config(component);
        String tokenizerName = component.replace("text_encoder", "tokenizer");
        List<LearnedEmbedding> learned = setup.prompts().embeddings();
        List<String> words = learned.stream()
                .flatMap(word -> word.tokens(component).stream())
                .toList();
        PromptTokenizer tokenizer = PromptTokenizer.load(folder.component(tokenizerName), words);
        try {
            int ids = length == 0 ? tokenizer.maxLength() : length;
            LearnedRows rows = LearnedRows.of(learned, component, tokenizer);
            Graph stored = Networks.build(config, new NetworkShape(1, 0, 0, ids));
            Graph graph =
                    graph(rows.extend(config, stored), ids, setup.prompts().clipSkip());
            TextEncoder made = new TextEncoder(
                    component,
                    tokenizer,
                    ids,
                    graph,
                    new StoredForm(stored, weights -> rows.extend(weights, graph)),
                    setup,
                    executor);
            try {
                requireKnownWords(folder, component, tokenizerName, tokenizer, graph);
                return made;
            } catch (RuntimeException e) {
                made.kept.ifPresent(Network::close);
                throw e;
            }
        } catch (RuntimeException e) {
            tokenizer.close();
            throw e;
        }
    }

    private static Graph graph(JsonNode config, int ids, int clipSkip) {
        boolean clip = Set.of(ClipText.PLAIN, ClipText.PROJECTED).contains(Networks.architecture(config));
        return clip && clipSkip > 0
                ? ClipText.graph(config, 1, clipSkip)
                : Networks.build(config, new NetworkShape(1, 0, 0, ids));
    }

    private static void requireKnownWords(
            ModelSource folder, String component, String tokenizerName, PromptTokenizer tokenizer, Graph graph) {
        int rows = graph.nodes().stream()
                .filter(node -> node.op() instanceof Embedding)
                .mapToInt(node -> ((Embedding) node.op()).count())
                .max()
                .orElse(0);
        if (tokenizer.vocabularySize() > rows) {
            throw new MixdqException("The " + tokenizerName + " of " + folder + " knows " + tokenizer.vocabularySize()
                    + " tokens, but " + component + " has embeddings of " + rows
                    + " only; get both folders from one source.");
        }
    }

    /**
     * What the model holds of this encoder.
     *
     * @param graph without learned words, all layers
     * @param toGraph its weights to those of the graph that is run
     */
    private record StoredForm(Graph graph, UnaryOperator<WeightSource> toGraph) {}

    /** Work with the encoder's weights, which are mapped as long as it lasts. */
    @FunctionalInterface
    private interface WeightsUse<R> {
        R apply(WeightSource weights, QuantizedLayers layers);
    }

    private <R> R withWeights(WeightsUse<R> use) {
        Optional<QuantizedCheckpoint> quantized =
                setup.quantized().flatMap(checkpoint -> QuantizedCheckpoint.openPart(checkpoint.folder(), component));
        if (quantized.isPresent()) {
            try (QuantizedCheckpoint checkpoint = quantized.get()) {
                return use.apply(storedForm.toGraph().apply(checkpoint.floatWeights()), checkpoint.layers());
            }
        }
        try (StoredWeights weights = setup.model().weights(component)) {
            return use.apply(
                    storedForm.toGraph().apply(CheckpointNames.adapt(weights, storedForm.graph())),
                    QuantizedLayers.NONE);
        }
    }

    /** Folder name. */
    String component() {
        return component;
    }

    /** Token ids, padded. */
    long[] tokens(String prompt) {
        return tokenizer.encode(prompt, length);
    }

    boolean truncates(String prompt) {
        return tokenizer.ids(prompt).length > length;
    }

    /** Features of an output, its last axis. */
    int features(String output) {
        return graph.shape(graph.outputs().get(output)).dim(-1);
    }

    boolean has(String output) {
        return graph.outputs().containsKey(output);
    }

    PromptTokenizer tokenizer() {
        return tokenizer;
    }

    /** Ids of a text. */
    int length() {
        return length;
    }

    /** The wanted outputs of the encoder for each prompt, each with a leading axis of 1. */
    List<Map<String, Tensor>> encode(List<String> prompts, Set<String> wanted) {
        return encodeIds(prompts.stream().map(this::tokens).toList(), wanted);
    }

    /**
     * What a CLIP encoder makes of a text.
     *
     * @param hidden [1, {@link #length()}, features]
     * @param pooled [1, features], of encoders that give one; always from all layers
     */
    record Read(Tensor hidden, Optional<Tensor> pooled) {}

    /**
     * Reads texts by their ids.
     *
     * @param hiddenState {@link #LAST} or {@link #PENULTIMATE}
     * @param skips whether the layers that {@link PromptSettings#clipSkip()} says are left out
     */
    List<Read> read(List<long[]> texts, String hiddenState, boolean skips) {
        String output = skips ? SKIPPED.get(hiddenState) : hiddenState;
        Set<String> wanted = new HashSet<>(Set.of(output, POOLED));
        wanted.removeIf(name -> !has(name));
        Optional<FinalNorm> norm = skips && hiddenState.equals(LAST) ? Optional.of(finalNorm()) : Optional.empty();
        return encodeIds(texts, wanted).stream()
                .map(outputs -> new Read(
                        norm.map(n -> n.of(outputs.get(output))).orElseGet(() -> outputs.get(output)),
                        Optional.ofNullable(outputs.get(POOLED))))
                .toList();
    }

    private FinalNorm finalNorm() {
        double epsilon = setup.model().config(component).path("layer_norm_eps").asDouble(1e-5);
        return withWeights((weights, layers) -> new FinalNorm(
                weights.tensor(FINAL_NORM + ".weight").toFloatArray(),
                weights.tensor(FINAL_NORM + ".bias").toFloatArray(),
                epsilon));
    }

    /** The same for ids, {@link #length()} each. */
    List<Map<String, Tensor>> encodeIds(List<long[]> texts, Set<String> wanted) {
        List<Map<String, Tensor>> calls = new ArrayList<>();
        for (long[] ids : texts) {
            calls.add(Map.of("input_ids", Tensor.ofLongs(Shape.of(1, length), ids)));
        }
        if (kept.isPresent()) {
            return calls.stream().map(call -> kept.get().run(call, wanted)).toList();
        }
        MemoryWatcher watcher = setup.lowMemory().orElseThrow();
        try {
            return withWeights((weights, layers) -> parts.run(
                    weights,
                    layers,
                    numerics(),
                    calls,
                    wanted,
                    (part, of, bytes) -> watcher.loaded(component, part, of, bytes)));
        } finally {
            watcher.released(component);
        }
    }

    @Override
    public void close() {
        kept.ifPresent(Network::close);
        tokenizer.close();
    }

    /** T5's residuals leave the range of F16 (transformers keeps their products in FP32 for that). */
    private Numerics numerics() {
        boolean wide = graph.name().startsWith("T5");
        return setup.numerics().in(wide ? executor.wideFloats() : executor.floats());
    }
}
