package org.mixdq4j.core.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.op.Embedding;
import org.mixdq4j.core.network.ExtendedTable;
import org.mixdq4j.core.prompt.LearnedEmbedding;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;
import org.mixdq4j.core.tokenizer.PromptTokenizer;

/** Learned vectors as rows of one text encoder's table of tokens, by the ids that its tokenizer gave their tokens. */
record LearnedRows(Map<Integer, float[]> rows) {
    private static final String ROWS_FIELD = "vocab_size";

    static LearnedRows of(List<LearnedEmbedding> learned, String component, PromptTokenizer tokenizer) {
        TreeMap<Integer, float[]> rows = new TreeMap<>();
        for (LearnedEmbedding word : learned) {
            List<String> tokens = word.tokens(component);
            for (int i = 0; i < tokens.size(); i++) {
                Tensor vector = word.vectors().get(component).slice(i, i + 1);
                rows.put((int) tokenizer.addedId(tokens.get(i)), vector.toFloatArray());
            }
        }
        return new LearnedRows(rows);
    }

    /** The encoder's configuration with as many tokens as there are then. @param stored made by that of the model */
    JsonNode extend(JsonNode config, Graph stored) {
        if (rows.isEmpty()) {
            return config;
        }
        int own = ((Embedding) table(stored).op()).count();
        int count = Math.max(own, new TreeMap<>(rows).lastKey() + 1);
        ObjectNode extended = config.deepCopy();
        return extended.put(ROWS_FIELD, count);
    }

    /** The encoder's weights with the rows. @param graph made by the extended configuration */
    WeightSource extend(WeightSource weights, Graph graph) {
        if (rows.isEmpty()) {
            return weights;
        }
        Node table = table(graph);
        String name = table.parameterName(table.op().parameters().get(0));
        return new ExtendedTable(weights, name, ((Embedding) table.op()).count(), new HashMap<>(rows));
    }

    private static Node table(Graph graph) {
        // T5 has a second table, of positions; the tokens' is the one that reads the ids.
        return graph.nodes().stream()
                .filter(node -> node.op() instanceof Embedding && node.inputs().contains("input_ids"))
                .findFirst()
                .orElseThrow();
    }
}
