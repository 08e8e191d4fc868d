package org.mixdq4j.ptq.rank;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.ptq.plan.BitPlan;

/**
 * A candidate and its place.
 *
 * @param round what was chosen: {@code weights} or {@code acts}
 * @param rank 1 for the best of its round
 * @param plan as it was measured
 * @param bits average of what was chosen, over the elements of layers not left in float
 * @param bytes of the network's tensors in the checkpoint it makes
 */
public record RankedPlan(String round, int rank, BitPlan plan, double bits, long bytes, PlanQuality quality) {
    /** File of what was chosen. */
    public String name() {
        return round.equals(PlanRanking.ACTS)
                ? plan.acts().orElseThrow().name()
                : plan.weights().name();
    }

    public ObjectNode toJson() {
        ObjectNode json = Json.mapper().createObjectNode();
        json.put("round", round).put("rank", rank).put("name", name());
        json.put("average_bits", bits).put("bytes", bytes);
        json.setAll(quality.toJson());
        return json;
    }
}
