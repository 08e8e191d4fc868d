package org.mixdq4j.ptq.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import org.mixdq4j.core.artifact.checkpoint.QuantizationConfig;
import org.mixdq4j.core.artifact.checkpoint.QuantizedCheckpoint;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.io.Sha256;
import org.mixdq4j.core.network.source.ModelFingerprint;

/**
 * inputs.json of a checkpoint: all that its bytes follow from. The same command finds by it that its work is done.
 *
 * @param json digests of the model, the calibration set and the plans, and the scheme as it was given
 */
record PtqInputs(JsonNode json) {
    private static final String FILE = "inputs.json";

    static PtqInputs of(PtqRequest request) {
        ObjectNode json = Json.mapper().createObjectNode();
        json.set("model", ModelFingerprint.of(request.model()).toJson());
        json.put("calibration", request.calibration().digest());
        json.set("scheme", request.scheme().toJson());
        json.put("ablation_rows", request.ablationRows());
        request.plan().ifPresent(choice -> json.set("plans", plans(choice)));
        return new PtqInputs(json);
    }

    private static JsonNode plans(PlanChoice choice) {
        ObjectNode json = Json.mapper().createObjectNode();
        ArrayNode tables = json.putArray("tables");
        choice.tables()
                .forEach(table -> tables.addObject().put("name", table.name()).put("sha256", table.digest()));
        json.put("protect", choice.protect());
        if (choice instanceof PlanChoice.Best best) {
            json.put("limits", best.limits().toString());
            json.put("rank_by", best.by().name()).put("rank_rows", best.rows());
            json.put("acts", best.acts().isPresent());
        }
        return json;
    }

    void write(Path folder) {
        Json.write(folder.resolve(FILE), json);
    }

    /** Whether a whole checkpoint made from these lies in {@code folder}. */
    boolean finishedIn(Path folder) {
        Path file = folder.resolve(FILE);
        if (!QuantizationConfig.isIn(folder) || !Files.isRegularFile(file)) {
            return false;
        }
        try {
            if (!Json.toPrettyString(Json.read(file)).equals(Json.toPrettyString(json))) {
                return false;
            }
            QuantizationConfig config = QuantizationConfig.read(folder);
            Path weights = QuantizedCheckpoint.weightsFile(folder, config.component());
            return Files.isRegularFile(weights) && Sha256.of(weights).equals(config.weightsSha256());
        } catch (MixdqException damaged) {
            // Not whole: refused like any other checkpoint that is in the way.
            return false;
        }
    }
}
