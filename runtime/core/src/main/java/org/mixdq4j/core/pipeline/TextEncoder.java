package org.mixdq4j.core.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.Set;
import org.mixdq4j.core.exec.CompiledModel;
import org.mixdq4j.core.exec.Executor;
import org.mixdq4j.core.exec.Observer;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.model.CheckpointNames;
import org.mixdq4j.core.model.clip.ClipText;
import org.mixdq4j.core.model.folder.ModelFolder;
import org.mixdq4j.core.safetensors.SafetensorsFolder;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tokenizer.PromptTokenizer;

/** One CLIP text encoder with its tokenizer, for one prompt at a time so that no prompt's result depends on others. */
final class TextEncoder implements AutoCloseable {
    private final PromptTokenizer tokenizer;
    private final CompiledModel model;

    private TextEncoder(PromptTokenizer tokenizer, CompiledModel model) {
        this.tokenizer = tokenizer;
        this.model = model;
    }

    static TextEncoder open(ModelFolder folder, String encoder, String tokenizer, Executor executor) {
        JsonNode config = folder.config(encoder);
        Graph graph = ClipText.graph(config, 1);
        PromptTokenizer loaded = PromptTokenizer.load(folder.component(tokenizer));
        try (SafetensorsFolder weights = folder.weights(encoder)) {
            return new TextEncoder(loaded, executor.compile(graph, CheckpointNames.adapt(weights, graph)));
        } catch (RuntimeException e) {
            loaded.close();
            throw e;
        }
    }

    /** Token ids, padded. */
    long[] tokens(String prompt) {
        return tokenizer.encode(prompt);
    }

    boolean truncates(String prompt) {
        return tokenizer.truncates(prompt);
    }

    /** The wanted outputs of the encoder, each with a leading axis of 1. */
    Map<String, Tensor> encode(String prompt, Set<String> wanted) {
        long[] ids = tokenizer.encode(prompt);
        Tensor input = Tensor.ofLongs(Shape.of(1, ids.length), ids);
        return model.run(Map.of("input_ids", input), wanted, Observer.NONE);
    }

    boolean has(String output) {
        return model.graph().outputs().containsKey(output);
    }

    @Override
    public void close() {
        model.close();
        tokenizer.close();
    }
}
