package org.mixdq4j.core.graph.analysis;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.op.Attention;
import org.mixdq4j.core.graph.op.Concat;
import org.mixdq4j.core.graph.op.L2Normalize;
import org.mixdq4j.core.graph.op.LayerNorm;
import org.mixdq4j.core.graph.op.Op;
import org.mixdq4j.core.graph.op.Reshape;
import org.mixdq4j.core.graph.op.RmsNorm;
import org.mixdq4j.core.graph.op.Slice;
import org.mixdq4j.core.graph.op.Transpose;

/**
 * The group of each layer. Of the content group are, in this order:
 *
 * <ol>
 *   <li>the layers of attentions that look at the text: those that produce queries, keys or values of an {@link
 *       Attention} some of whose keys stand for tokens of the text, and, where all of them do (cross-attention), those
 *       that read its result, with nothing but norms and rearrangements in between;
 *   <li>the text's own stream: layers all of whose input tokens stand for tokens of the text;
 *   <li>{@link FeedForward} layers, unless the text's stream has some of its own, which then are those.
 * </ol>
 *
 * All others, among them self-attention, convolutions, embeddings of vectors and what they modulate, are of the quality
 * group. A token of the result of an attention stands for what its query stands for, so that a text whose tokens are
 * updated by looking at the picture remains the text.
 *
 * <p>In UNets, where cross-attention reads the text and never changes it, this gives MixDQ's groups: cross-attention and
 * feed-forward layers against the rest. In a network of joint attention (SD3's MMDiT), where text and picture are joined
 * for each attention and have weights of their own elsewhere, it gives the text's stream with its feed-forward layers
 * and the projections into the joint attention, against what the picture makes of it: the picture's projections out of
 * the joint attention, its feed-forward layers and self-attention, and embeddings.
 */
public final class LayerGroups {
    private static final int KEYS = 1;

    private final Graph graph;
    private final TextTokens text;
    private final Set<String> content = new HashSet<>();

    private LayerGroups(Graph graph) {
        this.graph = graph;
        this.text = TextTokens.of(graph);
    }

    /** By layer id, in graph order. */
    public static Map<String, LayerGroup> of(Graph graph) {
        LayerGroups groups = new LayerGroups(graph);
        groups.addTextAttention();
        groups.addTextStream();
        groups.addFeedForward();
        Map<String, LayerGroup> byLayer = new LinkedHashMap<>();
        for (Node layer : graph.layers()) {
            byLayer.put(layer.id(), groups.content.contains(layer.id()) ? LayerGroup.CONTENT : LayerGroup.QUALITY);
        }
        return Collections.unmodifiableMap(byLayer);
    }

    private void addTextAttention() {
        for (Node node : graph.nodes()) {
            if (node.op() instanceof Attention && text.any(node.inputs().get(KEYS))) {
                addProducers(node.inputs());
                if (text.only(node.inputs().get(KEYS))) {
                    addReaders(node);
                }
            }
        }
    }

    private void addProducers(Collection<String> operands) {
        Deque<String> open = new ArrayDeque<>(operands);
        while (!open.isEmpty()) {
            String id = open.pop();
            if (graph.inputs().containsKey(id)) {
                continue;
            }
            Node node = graph.node(id);
            if (node.isLayer()) {
                content.add(node.id());
            } else if (keepsWhatItReads(node.op())) {
                open.addAll(node.inputs());
            }
        }
    }

    private void addReaders(Node attention) {
        Set<String> results = new HashSet<>(Set.of(attention.id()));
        for (Node node : graph.nodes()) {
            if (node.inputs().stream().anyMatch(results::contains)) {
                if (node.isLayer()) {
                    content.add(node.id());
                } else if (keepsWhatItReads(node.op())) {
                    results.add(node.id());
                }
            }
        }
    }

    private void addTextStream() {
        graph.layers().stream().filter(this::isOfText).map(Node::id).forEach(content::add);
    }

    private void addFeedForward() {
        Set<String> layers = FeedForward.of(graph);
        if (layers.stream().map(graph::node).noneMatch(this::isOfText)) {
            content.addAll(layers);
        }
    }

    private boolean isOfText(Node layer) {
        return text.only(layer.inputs().get(0));
    }

    private static boolean keepsWhatItReads(Op op) {
        return op instanceof LayerNorm
                || op instanceof RmsNorm
                || op instanceof L2Normalize
                || op instanceof Reshape
                || op instanceof Transpose
                || op instanceof Slice
                || op instanceof Concat;
    }
}
