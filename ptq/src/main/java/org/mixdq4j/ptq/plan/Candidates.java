package org.mixdq4j.ptq.plan;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.io.Json;

/**
 * The plans of a frontier, as {@code mixdq allocate --sweep} or {@code --pareto} writes them.
 *
 * @param acts may be empty
 */
public record Candidates(List<BitTable> weights, List<BitTable> acts) {
    private static final String INDEX = "frontier.json";

    public Candidates {
        weights = List.copyOf(weights);
        acts = List.copyOf(acts);
    }

    /**
     * @param folder with {@code frontier.json} and the plans it names
     * @throws UsageException if it is no such folder
     * @throws MixdqException if the index is damaged or a plan it names is
     */
    public static Candidates read(Path folder) {
        Path index = folder.resolve(INDEX);
        if (!Files.isRegularFile(index)) {
            throw new UsageException("The folder " + folder + " has no " + INDEX
                    + "; give the .candidates folder that 'mixdq allocate --sweep N' or '--pareto N' writes.");
        }
        JsonNode json = Json.read(index);
        Candidates candidates = new Candidates(tables(index, json.path("weights")), tables(index, json.path("acts")));
        if (candidates.weights.isEmpty()) {
            throw new MixdqException(index + " names no plans of weights; allocate again with --sweep or --pareto.");
        }
        return candidates;
    }

    private static List<BitTable> tables(Path index, JsonNode points) {
        List<BitTable> tables = new ArrayList<>();
        for (JsonNode point : points) {
            // Points that others beat have no file.
            if (!point.has("file")) {
                continue;
            }
            String name = point.get("file").asText();
            if (!name.matches("[\\w.-]+\\.ya?ml") || !Files.isRegularFile(index.resolveSibling(name))) {
                throw new MixdqException(
                        index + " names the plan '" + name + "', which is not beside it; allocate again.");
            }
            tables.add(PlanReader.read(index.resolveSibling(name)));
        }
        return tables;
    }
}
