package org.mixdq4j.core.network;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.op.SinCosGrid;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.WeightSource;

/**
 * Brings the tensor names of published files to those of the graph. Files differ in: text encoders without the
 * {@code text_model.} prefix, or the word embedding of T5 named as its encoder's; attention of old autoencoders called query, key, value, proj_attn; matrices stored as
 * 1x1 convolutions; buffers that are no parameters.
 */
public final class CheckpointNames {
    private static final String TEXT_PREFIX = "text_model.";
    private static final Pattern OLD_ATTENTION =
            Pattern.compile("(.*\\.attentions\\.\\d+)\\.(query|key|value|proj_attn)\\.(weight|bias)");
    private static final Map<String, String> NEW_ATTENTION =
            Map.of("query", "to_q", "key", "to_k", "value", "to_v", "proj_attn", "to_out.0");
    // T5 files hold the word embedding once or several times, under the name of the whole model or of its encoder.
    private static final Map<String, String> SAME_TENSOR = Map.of("encoder.embed_tokens.weight", "shared.weight");
    // Buffers of positions 0, 1, 2, ... that older versions of transformers saved with the weights.
    private static final String POSITION_IDS = "position_ids";
    // Networks of one model share a file: a graph of one part does not need the tensors of the others.
    private static final Map<String, String> PART_OF = Map.of(
            "encoder", "encoder",
            "quant_conv", "encoder",
            "decoder", "decoder",
            "post_quant_conv", "decoder",
            "text_model", "text",
            "text_projection", "text projection",
            "vision_model", "vision",
            "visual_projection", "vision projection",
            "logit_scale", "scale");

    private CheckpointNames() {}

    /**
     * The tensors of {@code source} that {@code graph} has parameters for, under the graph's names, in the graph's
     * order, matrices as matrices, and by their formulas those that are not learned and not stored; checked as {@link
     * #check} does.
     *
     * @throws MixdqException if they do not belong together
     */
    public static WeightSource adapt(WeightSource source, Graph graph) {
        refuseWrapped(source, graph);
        Map<String, Shape> expected = graph.parameters();
        Map<String, String> stored = new LinkedHashMap<>();
        expected.keySet().forEach(name -> stored.put(name, null));
        List<String> extra = new ArrayList<>();
        boolean bare = source.names().stream().noneMatch(name -> name.startsWith(TEXT_PREFIX));
        for (String name : source.names()) {
            String canonical = canonical(name, expected, bare);
            if (!expected.containsKey(canonical)) {
                extra.add(canonical);
            } else if (stored.get(canonical) == null || name.equals(canonical)) {
                stored.put(canonical, name);
            }
        }
        stored.values().removeIf(name -> name == null);
        Map<String, SinCosGrid> computed = new LinkedHashMap<>(graph.formulas());
        computed.keySet().removeAll(stored.keySet());
        WeightSource adapted = new RenamedWeights(source, stored, computed, expected);
        check(adapted, graph);
        refuseForeign(extra, graph);
        return adapted;
    }

    /**
     * Requires a tensor of the right shape for every parameter of the graph.
     *
     * @throws MixdqException naming the first that is missing or different
     */
    public static void check(WeightSource weights, Graph graph) {
        graph.parameters().forEach((name, shape) -> {
            if (!weights.contains(name)) {
                throw new MixdqException("The weights of " + graph.name() + " have no tensor '" + name
                        + "', expected one of shape " + shape + belongTogether());
            }
            if (!weights.shape(name).equals(shape)) {
                throw new MixdqException("The weights of " + graph.name() + " hold '" + name + "' with shape "
                        + weights.shape(name) + ", expected " + shape + belongTogether());
            }
        });
    }

    /** PEFT keeps a layer's own weight under a name of its own as long as a LoRA is loaded, fused or not. */
    private static void refuseWrapped(WeightSource source, Graph graph) {
        source.names().stream()
                .filter(name -> name.contains(".base_layer."))
                .findFirst()
                .ifPresent(name -> {
                    throw new MixdqException(
                            "The weights of " + graph.name() + " were saved with a LoRA loaded ('" + name
                                    + "'), so whether it is in them cannot be told; save the model again after unload_lora_weights()"
                                    + " (after fuse_lora() to keep it), or take the plain model and give the LoRA as --lora.");
                });
    }

    private static void refuseForeign(List<String> extra, Graph graph) {
        Set<String> parts = new HashSet<>();
        graph.parameters().keySet().forEach(name -> parts.add(part(name)));
        for (String name : extra) {
            if (parts.contains(part(name)) && !name.endsWith(POSITION_IDS)) {
                throw new MixdqException("The weights hold '" + name + "', expected no such tensor in " + graph.name()
                        + belongTogether());
            }
        }
    }

    /** The network of a model that a tensor is of; all networks that have a file of their own are one. */
    private static String part(String name) {
        return PART_OF.getOrDefault(first(name), "");
    }

    private static String canonical(String name, Map<String, Shape> expected, boolean bare) {
        if (expected.containsKey(name)) {
            return name;
        }
        if (expected.containsKey(SAME_TENSOR.getOrDefault(name, ""))) {
            return SAME_TENSOR.get(name);
        }
        Matcher old = OLD_ATTENTION.matcher(name);
        if (old.matches()) {
            return old.group(1) + "." + NEW_ATTENTION.get(old.group(2)) + "." + old.group(3);
        }
        boolean text = Set.of("embeddings", "encoder", "final_layer_norm").contains(first(name))
                && expected.containsKey(TEXT_PREFIX + "final_layer_norm.weight");
        return bare && text ? TEXT_PREFIX + name : name;
    }

    private static String first(String name) {
        int dot = name.indexOf('.');
        return dot < 0 ? name : name.substring(0, dot);
    }

    private static String belongTogether() {
        return ": config.json and weights do not belong together, take both from the same model folder.";
    }
}
