package org.mixdq4j.evaluate.run;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.network.source.ModelFingerprint;
import org.mixdq4j.evaluate.clip.ClipScorer;
import org.mixdq4j.evaluate.statistic.Estimate;

/** evaluation.json: what was asked and what was found; what was not measured is absent. */
final class EvaluationJson {
    static final String FILE = "evaluation.json";
    static final String FORMAT = "mixdq4j-evaluation";
    private static final int VERSION = 1;

    private EvaluationJson() {}

    static ObjectNode of(
            EvaluationRequest request, ModelFingerprint model, Optional<ClipScorer> clip, EvaluationResult result) {
        ObjectNode json = Json.mapper().createObjectNode();
        json.put("format", FORMAT).put("version", VERSION);
        json.set("model", model.toJson());
        json.put("captions", request.captions().getFileName().toString())
                .put("count", request.samples().size())
                .put("skip", request.skip())
                .put("seed", request.seed())
                .put("scheduler", request.sampling().scheduler().name())
                .put("steps", request.sampling().count())
                .put("guidance", request.sampling().guidance());
        request.sampling().timesteps().ifPresent(given -> {
            ArrayNode timesteps = json.putArray("timesteps");
            Arrays.stream(given).forEach(timesteps::add);
        });
        if (request.sampling().guidanceRescale() > 0) {
            json.put("guidance_rescale", request.sampling().guidanceRescale());
        }
        request.negativePrompt().ifPresent(negative -> json.put("negative_prompt", negative));
        request.prompts().record(json);
        json.put("height", request.height())
                .put("width", request.width())
                .put("execution", request.numerics().arithmetic().word())
                .put("device", result.device());
        clip.ifPresent(c -> json.putObject("clip").put("name", c.folderName()).put("sha256", c.digest()));
        result.features().ifPresent(features -> json.putObject("fid_features")
                .put("description", features.description())
                .put("count", features.count())
                .put("bootstrap_resamples", features.resamples()));
        ArrayNode names = json.putArray("scores");
        result.inFloat().scores().keySet().forEach(names::add);
        json.set("float", inFloat(result.inFloat()));
        result.reference().ifPresent(real -> {
            ObjectNode node =
                    json.putObject("reference").put("pictures", real.count()).put("captioned", real.captioned());
            real.scores().forEach((name, score) -> put(node, name, "mean", score));
        });
        ArrayNode variants = json.putArray("variants");
        result.variants().forEach(variant -> variants.add(variant(variant)));
        if (!result.warnings().isEmpty()) {
            ArrayNode warnings = json.putArray("warnings");
            result.warnings().forEach(warnings::add);
        }
        return json;
    }

    private static ObjectNode inFloat(FloatResult result) {
        ObjectNode json = Json.mapper().createObjectNode().put("bytes", result.bytes());
        result.scores().forEach((name, score) -> put(json, name, "mean", score));
        result.fidReference().ifPresent(fid -> put(json, "fid_reference", "value", fid));
        return json.put("seconds_per_step", result.secondsPerStep());
    }

    private static ObjectNode variant(VariantResult result) {
        ObjectNode json = Json.mapper()
                .createObjectNode()
                .put("name", result.name())
                .put("checkpoint", result.checkpoint().toString())
                .put("bytes", result.bytes());
        ObjectNode layers = json.putObject("layers");
        result.layers().forEach(layers::put);
        put(json, "ssim", "mean", result.pairs().ssim());
        put(json, "psnr", "mean", result.pairs().psnr());
        result.lpips().ifPresent(lpips -> put(json, "lpips", "mean", lpips));
        json.put("latent_sqnr_db", result.pairs().latentSqnr())
                .put("output_sqnr_db", result.pairs().outputSqnr());
        for (Map.Entry<String, Estimate> score : result.scores().entrySet()) {
            put(json, score.getKey(), "mean", score.getValue());
            put(
                    json,
                    score.getKey() + "_difference",
                    "mean",
                    result.differences().get(score.getKey()));
        }
        result.fidFloat().ifPresent(fid -> put(json, "fid_float", "value", fid));
        result.fidReference().ifPresent(fid -> put(json, "fid_reference", "value", fid));
        return json.put("seconds_per_step", result.pairs().secondsPerStep());
    }

    private static void put(ObjectNode json, String name, String what, Estimate estimate) {
        ObjectNode node = json.putObject(name).put(what, estimate.value());
        if (!Double.isNaN(estimate.error())) {
            node.put("se", estimate.error());
        }
    }
}
