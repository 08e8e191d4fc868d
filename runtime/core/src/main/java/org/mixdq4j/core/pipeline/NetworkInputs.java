package org.mixdq4j.core.pipeline;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.GraphInput;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/** What a noise predictor wants to be given, by the names diffusers' networks have for it. */
public final class NetworkInputs {
    private static final String TEXT = "encoder_hidden_states";
    private static final String GUIDANCE = "timestep_cond";
    private static final String TIMESTEP = "timestep";
    private static final Set<String> MOVING = Set.of("sample", "hidden_states", TIMESTEP);

    private final Graph graph;

    /** @param graph built for batch 1 */
    public NetworkInputs(Graph graph) {
        this.graph = graph;
    }

    /** Whether a negative side is needed at this guidance scale: above 1, unless guidance enters as an embedding (LCM). */
    boolean guides(double guidance) {
        return guidance > 1 && !graph.inputs().containsKey(GUIDANCE);
    }

    /** Features of a token of the text; empty for networks that read no text. */
    Optional<Integer> textFeatures() {
        return Optional.ofNullable(graph.inputs().get(TEXT))
                .map(input -> input.shape().dim(2));
    }

    /** Tokens of the text; empty for networks that read no text. */
    Optional<Integer> textTokens() {
        return Optional.ofNullable(graph.inputs().get(TEXT))
                .map(input -> input.shape().dim(1));
    }

    /** Features of the text as one vector; empty for networks that read none. */
    Optional<Integer> pooledFeatures() {
        return Stream.of("text_embeds", "pooled_projections")
                .filter(graph.inputs()::containsKey)
                .map(name -> graph.inputs().get(name).shape().dim(1))
                .findFirst();
    }

    /** Names of the inputs that stay as they are while a picture is drawn. */
    public Set<String> steady() {
        Set<String> names = new LinkedHashSet<>(graph.inputs().keySet());
        names.removeAll(MOVING);
        return names;
    }

    /** The inputs that change with every step. */
    Map<String, Tensor> moving(Tensor latents, double timestep) {
        Map<String, Tensor> inputs = new LinkedHashMap<>();
        for (String name : graph.inputs().keySet()) {
            if (MOVING.contains(name)) {
                inputs.put(name, name.equals(TIMESTEP) ? Tensor.of(Shape.of(1), (float) timestep) : latents);
            }
        }
        return inputs;
    }

    /** The {@link #steady} inputs of one side of guidance. @param timeIds size micro-conditioning, for networks that take it */
    Map<String, Tensor> steady(Conditioning text, float[] timeIds, double guidance) {
        Map<String, Tensor> inputs = new LinkedHashMap<>();
        for (String name : steady()) {
            GraphInput input = graph.inputs().get(name);
            Tensor value =
                    switch (name) {
                        case TEXT -> text.hiddenStates();
                        case "text_embeds", "pooled_projections" -> pooled(text, name);
                        case "time_ids" -> Tensor.of(input.shape(), timeIds);
                        case GUIDANCE -> guidanceEmbedding(guidance, input.shape());
                        default -> throw new MixdqException("The network wants an input '" + name
                                + "' this pipeline does not know; it is not a text-to-image network of diffusers.");
                    };
            inputs.put(name, value);
        }
        return inputs;
    }

    private static Tensor pooled(Conditioning text, String input) {
        return text.pooled()
                .orElseThrow(() -> new MixdqException("The network wants a pooled text embedding (" + input
                        + "), but the model lists no text encoder with a projection; get a model_index.json with"
                        + " text_encoder_2."));
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
}
