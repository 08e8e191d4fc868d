package org.mixdq4j.bitalloc.plan;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.mixdq4j.core.artifact.plan.BitPlanFile;
import org.mixdq4j.core.graph.analysis.LayerGroup;
import org.mixdq4j.core.io.AtomicFiles;
import org.mixdq4j.core.io.Json;

/** Plans as files and their summaries as JSON. Neither holds times: the same input gives the same bytes. */
public final class PlanFiles {
    private PlanFiles() {}

    public static void write(Path file, BitPlan plan) {
        SortedMap<String, Integer> bits = new TreeMap<>();
        plan.decisions().forEach((id, decision) -> {
            if (!decision.isFloat()) {
                bits.put(id, decision.bits());
            }
        });
        BitPlanFile.write(file, bits);
    }

    /** Figures of a plan, without its layers. */
    public static ObjectNode figures(BitPlan plan) {
        ObjectNode json = Json.mapper().createObjectNode();
        List<LayerGroup> both = List.of(LayerGroup.values());
        putAverage(json, plan.average(both));
        json.put("average_bits_with_float_as_16", plan.averageWithFloat())
                .put("bytes", plan.bytes())
                .put("proven_optimal", plan.proven());
        ObjectNode groups = json.putObject("groups");
        for (LayerGroup group : LayerGroup.values()) {
            List<LayerGroup> only = List.of(group);
            ObjectNode node = groups.putObject(group.word());
            node.put("metric", group == LayerGroup.CONTENT ? "ssim" : "sqnr_db");
            putAverage(node, plan.average(only));
            node.put("objective", plan.objective(group));
            node.set("layers_by_bits", counts(plan.counts(only)));
        }
        ArrayNode solves = json.putArray("solves");
        for (BitPlan.Solve solve : plan.solves()) {
            solves.addObject()
                    .put("program", solve.name())
                    .put("objective", solve.objective())
                    .put("bound", solve.bound())
                    .put("gap", solve.gap())
                    .put("status", solve.proven() ? "optimal" : "feasible");
        }
        return json;
    }

    /** The average over no layers is none, and JSON has no NaN. */
    private static void putAverage(ObjectNode json, double average) {
        if (Double.isNaN(average)) {
            json.putNull("average_bits");
        } else {
            json.put("average_bits", average);
        }
    }

    /** Group, bits and reason of every layer. */
    public static ObjectNode layers(BitPlan plan) {
        ObjectNode json = Json.mapper().createObjectNode();
        for (Layer layer : plan.layers()) {
            Decision decision = plan.decisions().get(layer.id());
            ObjectNode node = json.putObject(layer.id());
            node.put("group", layer.group().word()).put("elements", layer.elements());
            if (decision.isFloat()) {
                node.put("bits", "float");
            } else {
                node.put("bits", decision.bits());
            }
            node.put("reason", decision.reason().word());
        }
        return json;
    }

    private static ObjectNode counts(Map<Integer, Integer> counts) {
        ObjectNode json = Json.mapper().createObjectNode();
        counts.forEach(
                (bits, count) -> json.put(bits == Decision.FLOAT ? "float" : String.valueOf(bits), count.intValue()));
        return json;
    }

    /**
     * Writes the points no other beats as {@code <name>_000.yaml}... into a folder, in place of those of an earlier run.
     *
     * @return all points, beaten ones too, with the file of those written
     */
    public static ArrayNode writeFrontier(Path folder, String name, List<Frontier.Point> points) {
        deleteEarlier(folder, name);
        ArrayNode json = Json.mapper().createArrayNode();
        int written = 0;
        for (Frontier.Point point : points) {
            ObjectNode node = json.addObject();
            if (Double.isFinite(point.budget())) {
                node.put("budget_bits", point.budget());
            }
            point.split().ifPresentOrElse(k -> node.put("split", k), () -> node.put("split", "joint"));
            node.put("dominated", point.dominated());
            if (!point.dominated()) {
                String file = String.format(Locale.ROOT, "%s_%03d.yaml", name, written++);
                write(folder.resolve(file), point.plan());
                node.put("file", file);
            }
            node.setAll(figures(point.plan()));
        }
        return json;
    }

    private static void deleteEarlier(Path folder, String name) {
        if (!Files.isDirectory(folder)) {
            return;
        }
        try (DirectoryStream<Path> earlier = Files.newDirectoryStream(folder, name + "_[0-9]*.yaml")) {
            for (Path file : earlier) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw AtomicFiles.failure("replace the plans in", folder, e);
        }
    }
}
