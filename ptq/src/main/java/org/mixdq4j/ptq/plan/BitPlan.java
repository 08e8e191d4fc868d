package org.mixdq4j.ptq.plan;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;
import java.util.stream.Stream;
import org.mixdq4j.core.io.Json;

/**
 * Bits of every layer.
 *
 * @param acts of the layers' inputs; empty: the scheme says
 */
public record BitPlan(BitTable weights, Optional<BitTable> acts) {
    /** Both tables, or the one there is. */
    public Stream<BitTable> tables() {
        return Stream.concat(Stream.of(weights), acts.stream());
    }

    /** Names and digests, as kept in a checkpoint. */
    public JsonNode toJson() {
        ObjectNode json = Json.mapper().createObjectNode();
        json.put("weights", weights.name()).put("weights_sha256", weights.digest());
        acts.ifPresent(table -> json.put("acts", table.name()).put("acts_sha256", table.digest()));
        return json;
    }
}
