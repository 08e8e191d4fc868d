package org.mixdq4j.core.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.mixdq4j.core.checkpoint.QuantizedCheckpoint;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.exec.Executor;
import org.mixdq4j.core.exec.Network;
import org.mixdq4j.core.exec.PartwiseRun;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.op.Embedding;
import org.mixdq4j.core.model.CheckpointNames;
import org.mixdq4j.core.model.NetworkShape;
import org.mixdq4j.core.model.Networks;
import org.mixdq4j.core.model.source.ModelSource;
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
    /** Weights in memory at a time where memory is low: 1 GiB in FP32. */
    private static final long PART_ELEMENTS = 1L << 28;

    private final String component;
    private final PromptTokenizer tokenizer;
    private final int length;
    private final Graph graph;
    private final PipelineSetup setup;
    private final Executor executor;
    private final Optional<Network> kept;

    private TextEncoder(
            String component,
            PromptTokenizer tokenizer,
            int length,
            Graph graph,
            PipelineSetup setup,
            Executor executor) {
        this.component = component;
        this.tokenizer = tokenizer;
        this.length = length;
        this.graph = graph;
        this.setup = setup;
        this.executor = executor;
        // Where memory is low only names and shapes are looked at, so that what does not fit is refused before any
        // work.
        this.kept = withWeights((weights, layers) -> setup.lowMemory().isPresent()
                ? Optional.empty()
                : Optional.of(executor.compile(graph, weights, layers, setup.numerics())));
    }

    /**
     * @param component folder of the encoder; that of its tokenizer is called accordingly
     * @param length ids of a prompt; 0 for as many as the tokenizer is made for
     */
    static TextEncoder open(PipelineSetup setup, String component, int length, Executor executor) {
        ModelSource folder = setup.model();
        JsonNode config = folder.config(component);
        String tokenizerName = component.replace("text_encoder", "tokenizer");
        PromptTokenizer tokenizer = PromptTokenizer.load(folder.component(tokenizerName));
        try {
            int ids = length == 0 ? tokenizer.maxLength() : length;
            Graph graph = Networks.build(config, new NetworkShape(1, 0, 0, ids));
            TextEncoder made = new TextEncoder(component, tokenizer, ids, graph, setup, executor);
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

    /** Work with the encoder's weights, which are mapped as long as it lasts. */
    @FunctionalInterface
    private interface WeightsUse<R> {
        R apply(WeightSource weights, QuantizedLayers layers);
    }

    private <R> R withWeights(WeightsUse<R> use) {
        Optional<QuantizedCheckpoint> quantized = setup.quantized()
                .flatMap(checkpoint -> QuantizedCheckpoint.openEncoder(checkpoint.folder(), component));
        if (quantized.isPresent()) {
            try (QuantizedCheckpoint checkpoint = quantized.get()) {
                return use.apply(checkpoint.floatWeights(), checkpoint.layers());
            }
        }
        try (StoredWeights weights = setup.model().weights(component)) {
            return use.apply(CheckpointNames.adapt(weights, graph), QuantizedLayers.NONE);
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

    /** The wanted outputs of the encoder for each prompt, each with a leading axis of 1. */
    List<Map<String, Tensor>> encode(List<String> prompts, Set<String> wanted) {
        List<Map<String, Tensor>> calls = new ArrayList<>();
        for (String prompt : prompts) {
            calls.add(Map.of("input_ids", Tensor.ofLongs(Shape.of(1, length), tokens(prompt))));
        }
        if (kept.isPresent()) {
            return calls.stream().map(call -> kept.get().run(call, wanted)).toList();
        }
        MemoryWatcher watcher = setup.lowMemory().orElseThrow();
        try {
            return withWeights((weights, layers) -> new PartwiseRun(executor, PART_ELEMENTS)
                    .run(
                            graph,
                            weights,
                            layers,
                            setup.numerics(),
                            calls,
                            wanted,
                            (part, parts, bytes) -> watcher.loaded(component, part, parts, bytes)));
        } finally {
            watcher.released(component);
        }
    }

    @Override
    public void close() {
        kept.ifPresent(Network::close);
        tokenizer.close();
    }
}
