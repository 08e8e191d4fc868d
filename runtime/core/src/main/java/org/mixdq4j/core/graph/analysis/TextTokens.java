package org.mixdq4j.core.graph.analysis;

import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.GraphInput;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.op.Attention;
import org.mixdq4j.core.graph.op.Concat;
import org.mixdq4j.core.graph.op.Slice;
import org.mixdq4j.core.tensor.Shape;

/**
 * Which tokens of a value stand for tokens of the text given to the network, whatever they have been mixed with: the
 * result of an attention stands for what asked, a joint sequence for its parts. An image stands for no text.
 */
final class TextTokens {
    private static final int TOKENS = 1;
    private static final int SEQUENCE_RANK = 3;

    private final Graph graph;
    private final Map<String, BitSet> marks = new HashMap<>();

    private TextTokens(Graph graph) {
        this.graph = graph;
    }

    static TextTokens of(Graph graph) {
        TextTokens tokens = new TextTokens(graph);
        for (GraphInput input : graph.inputs().values()) {
            if (isText(input)) {
                BitSet all = new BitSet();
                all.set(0, input.shape().dim(TOKENS));
                tokens.marks.put(input.name(), all);
            }
        }
        for (Node node : graph.nodes()) {
            BitSet marked = tokens.marked(node);
            if (!marked.isEmpty()) {
                tokens.marks.put(node.id(), marked);
            }
        }
        return tokens;
    }

    /** Whether a graph input is text: a token sequence of features. */
    static boolean isText(GraphInput input) {
        return input.shape().rank() == SEQUENCE_RANK;
    }

    /** Whether some tokens of the value stand for text. */
    boolean any(String id) {
        return marks.containsKey(id);
    }

    /** Whether all do. */
    boolean only(String id) {
        return any(id) && marks.get(id).cardinality() == graph.shape(id).dim(TOKENS);
    }

    private BitSet marked(Node node) {
        if (node.op() instanceof Attention) {
            return of(node.inputs().get(0));
        }
        if (node.op() instanceof Slice slice && slice.axis() == TOKENS) {
            return of(node.inputs().get(0)).get(slice.from(), slice.to());
        }
        boolean joins = node.op() instanceof Concat concat && concat.axis() == TOKENS;
        BitSet marked = new BitSet();
        int offset = 0;
        for (String input : node.inputs()) {
            int shift = offset;
            if (joins || keepsTokens(graph.shape(input), node.shape())) {
                of(input).stream().forEach(token -> marked.set(shift + token));
            }
            offset += joins ? graph.shape(input).dim(TOKENS) : 0;
        }
        return marked;
    }

    private BitSet of(String id) {
        return marks.getOrDefault(id, new BitSet());
    }

    private static boolean keepsTokens(Shape from, Shape to) {
        return from.rank() >= SEQUENCE_RANK
                && to.rank() >= SEQUENCE_RANK
                && from.dim(0) == to.dim(0)
                && from.dim(TOKENS) == to.dim(TOKENS);
    }
}
