package org.mixdq4j.report.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.io.Json;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.IntColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

/** A bit plan of {@code mixdq allocate}, and the frontier beside it where one was solved. */
public final class PlanData {
    public static final String LAYER = "layer";
    public static final String GROUP = "group";
    public static final String ELEMENTS = "elements";

    /** {@link #FLOAT} for layers left in float. */
    public static final String BITS = "bits";

    public static final String REASON = "reason";

    /** Counts as this many bits. */
    public static final int FLOAT = 16;

    /**
     * The plan of weights or of activations.
     *
     * @param name {@code weights} or {@code acts}
     * @param json figures as the summary has them
     * @param layers table with the columns of this class
     * @param frontier every plan solved, or a missing node
     */
    public record Part(String name, JsonNode json, Table layers, JsonNode frontier) {
        public double averageBits() {
            return json.path("average_bits").asDouble();
        }

        public double bytes() {
            return json.path("bytes").asDouble();
        }

        public List<String> groups() {
            return Checked.names(json.path("groups"));
        }

        public JsonNode group(String group) {
            return json.path("groups").path(group);
        }

        /** Bits in use, ascending; {@link PlanData#FLOAT} among them where layers are in float. */
        public List<Integer> bits() {
            TreeSet<Integer> bits = new TreeSet<>();
            layers.intColumn(BITS).forEach(bits::add);
            return List.copyOf(bits);
        }

        /** Bytes of some layers, those in float at 16 bits. */
        public static double bytes(Table layers) {
            double sum = 0;
            for (int i = 0; i < layers.rowCount(); i++) {
                sum += layers.doubleColumn(ELEMENTS).getDouble(i)
                        * layers.intColumn(BITS).getInt(i)
                        / 8;
            }
            return sum;
        }
    }

    private final String name;
    private final List<Part> parts;
    private final List<SourceFile> files;

    private PlanData(String name, List<Part> parts, List<SourceFile> files) {
        this.name = name;
        this.parts = parts;
        this.files = files;
    }

    /** @param file the plan, or its summary */
    public static PlanData read(Path file) {
        String stem = file.getFileName().toString().replaceFirst("(\\.acts)?\\.ya?ml$|\\.summary\\.json$", "");
        Path summary = file.resolveSibling(stem + ".summary.json");
        if (!Files.isRegularFile(summary)) {
            throw new MixdqException("there is no " + summary + " beside the plan " + file
                    + "; give the plan or the summary that 'mixdq allocate' wrote");
        }
        JsonNode json = Checked.read(summary, "mixdq4j-bit-plan", 1, "allocate");
        List<SourceFile> files = new ArrayList<>(List.of(SourceFile.of(summary)));
        Path frontierFile = file.resolveSibling(stem + ".candidates").resolve("frontier.json");
        JsonNode frontier = MissingNode.getInstance();
        if (Files.isRegularFile(frontierFile)) {
            frontier = Json.read(frontierFile);
            files.add(SourceFile.of(frontierFile));
        }
        List<Part> parts = new ArrayList<>();
        for (String part : List.of("weights", "acts")) {
            if (json.has(part)) {
                JsonNode of = json.get(part);
                Checked.required(summary, of, "average_bits", part);
                Checked.required(summary, of, "bytes", part);
                JsonNode points = frontier.path(part);
                for (JsonNode point : points) {
                    Checked.required(frontierFile, point, "average_bits", "a plan of " + part);
                }
                parts.add(new Part(part, of, layers(summary, of.path("layers"), part), points));
            }
        }
        if (parts.isEmpty()) {
            throw Checked.damaged(summary, "it holds neither weights nor acts");
        }
        return new PlanData(stem, parts, files);
    }

    private static Table layers(Path file, JsonNode json, String part) {
        StringColumn layer = StringColumn.create(LAYER);
        StringColumn group = StringColumn.create(GROUP);
        DoubleColumn elements = DoubleColumn.create(ELEMENTS);
        IntColumn bits = IntColumn.create(BITS);
        StringColumn reason = StringColumn.create(REASON);
        for (String id : Checked.names(json)) {
            JsonNode node = json.get(id);
            layer.append(id);
            group.append(node.path("group").asText());
            elements.append(Checked.required(file, node, "elements", "the layer " + id));
            bits.append(
                    node.path("bits").asText().equals("float")
                            ? FLOAT
                            : (int) Checked.required(file, node, "bits", "the layer " + id));
            reason.append(node.path("reason").asText());
        }
        if (layer.isEmpty()) {
            throw Checked.damaged(file, part + " has no layers");
        }
        return Table.create(part, layer, group, elements, bits, reason);
    }

    /** File name without endings. */
    public String name() {
        return name;
    }

    public List<Part> parts() {
        return parts;
    }

    public List<SourceFile> files() {
        return files;
    }
}
