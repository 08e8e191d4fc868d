package org.mixdq4j.core.artifact.sensitivity;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.network.source.ModelFingerprint;

/**
 * What figures were measured on: the fields {@code model} and {@code calibration} of a summary. Files of others do not
 * say it.
 *
 * @param model component name to digest
 * @param calibration SHA-256 of the calibration set's manifest
 */
public record Provenance(Optional<ModelFingerprint> model, Optional<String> calibration) {
    public static final Provenance UNKNOWN = new Provenance(Optional.empty(), Optional.empty());

    private static final String MODEL = "model";
    private static final String CALIBRATION = "calibration";

    /** Of a summary; unknown if there is no such file. @throws MixdqException if one of the fields is no digest */
    public static Provenance read(Path summary) {
        if (!Files.exists(summary)) {
            return UNKNOWN;
        }
        JsonNode json = Json.read(summary);
        JsonNode model = json.path(MODEL);
        JsonNode calibration = json.path(CALIBRATION);
        boolean digests = model.isMissingNode() || model.isObject();
        for (JsonNode digest : model) {
            digests &= digest.isTextual();
        }
        if (!digests || !(calibration.isMissingNode() || calibration.isTextual())) {
            throw new MixdqException(summary + " has '" + (digests ? CALIBRATION : MODEL)
                    + "' in another form than SHA-256 digests, which say what was measured; write it again");
        }
        return new Provenance(
                model.isMissingNode() ? Optional.empty() : Optional.of(ModelFingerprint.fromJson(model)),
                calibration.isMissingNode() ? Optional.empty() : Optional.of(calibration.asText()));
    }

    /** Adds what is known to a summary. */
    public void writeTo(ObjectNode summary) {
        model.ifPresent(known -> summary.set(MODEL, known.toJson()));
        calibration.ifPresent(known -> summary.put(CALIBRATION, known));
    }

    /**
     * @param what was measured, for failures: "the plan out/plan.yaml"
     * @throws MixdqException if it was another model; the VAE does not matter, nor does an unknown one
     */
    public void requireModel(ModelFingerprint other, Object what, Object otherName) {
        model.flatMap(known -> known.mismatch("for", other, otherName, Set.of("vae")))
                .ifPresent(mismatch -> {
                    throw new MixdqException(
                            what + " was made " + mismatch + "; pass what it was made for, or measure this one");
                });
    }
}
