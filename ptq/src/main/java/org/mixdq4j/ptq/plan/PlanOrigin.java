package org.mixdq4j.ptq.plan;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import org.mixdq4j.core.checkpoint.ModelFingerprint;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.io.Json;

/** What the summary beside a plan says of the model it was made for; older summaries say nothing. */
public final class PlanOrigin {
    private static final String CANDIDATES = ".candidates";
    /** The VAE only decodes: plans do not depend on it. */
    private static final String DECODER = "vae";

    private PlanOrigin() {}

    /** The file an allocation wrote beside {@code NAME.yaml} or {@code NAME.acts.yaml}: {@code NAME} and an ending. */
    public static Path beside(Path plan, String ending) {
        return plan.resolveSibling(plan.getFileName().toString().replaceFirst("(\\.acts)?\\.ya?ml$", "") + ending);
    }

    /** @throws MixdqException if the summary names another model, with both digests */
    public static void require(BitTable plan, ModelFingerprint model, Object modelName) {
        summary(plan.file()).ifPresent(file -> {
            JsonNode summary = Json.read(file);
            ModelFingerprint named = ModelFingerprint.fromJson(summary.path("model"));
            named.components().forEach((component, digest) -> {
                if (!component.equals(DECODER)
                        && !digest.equals(model.components().get(component))) {
                    throw new MixdqException("The plan " + plan.file() + " was made for a model whose " + component
                            + " is " + named.brief(component) + " (" + file.getFileName()
                            + " says), but that of --model "
                            + modelName + " is " + model.brief(component)
                            + "; pass the model it was made for, or allocate for this one.");
                }
            });
        });
    }

    /** Beside the plan, or beside the folder of candidates it lies in. */
    private static Optional<Path> summary(Path plan) {
        Path folder = plan.toAbsolutePath().normalize().getParent();
        String name = folder.getFileName() == null ? "" : folder.getFileName().toString();
        Path above = folder.resolveSibling(
                name.endsWith(CANDIDATES)
                        ? name.substring(0, name.length() - CANDIDATES.length()) + ".summary.json"
                        : name);
        return Stream.of(beside(plan, ".summary.json"), above)
                .filter(Files::isRegularFile)
                .findFirst();
    }
}
