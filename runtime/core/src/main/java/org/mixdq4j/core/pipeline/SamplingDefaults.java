package org.mixdq4j.core.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.network.source.ModelSource;

/**
 * Steps, guidance and prompt length a model is meant for where the user gives none, and how that is known. A file
 * sampling_defaults.json beside model_index.json says them: {@code {"steps": 12, "guidance": 2.0, "max_sequence_length":
 * 77}}, each if it differs. Else models are taken for distilled ones where the scheduler is a consistency model's, or, as a
 * guess, where a name says so. All others are drawn as diffusers' pipeline of their class does. Trailing timesteps mean
 * nothing: models of zero terminal SNR have them too.
 *
 * @param sequenceLength tokens of a T5's prompt, for models that have a place for one; diffusers' 256
 * @param reason where steps and guidance come from, to end a sentence
 */
public record SamplingDefaults(int steps, double guidance, int sequenceLength, String reason) {
    /** Name of the file in a model's folder. */
    public static final String FILE = "sampling_defaults.json";

    private static final int SEQUENCE_LENGTH = 256;
    private static final String STEPS = "steps";
    private static final String GUIDANCE = "guidance";
    private static final String LENGTH = "max_sequence_length";

    /** Steps and guidance of diffusers' pipelines. */
    private static final Map<String, double[]> PIPELINES = Map.of(
            "LatentConsistencyModelPipeline", new double[] {4, 8.5},
            "StableDiffusion3Pipeline", new double[] {28, 7},
            "StableDiffusionPipeline", new double[] {50, 7.5},
            "StableDiffusionXLPipeline", new double[] {50, 5});

    /** With the model's own scheduler. @throws MixdqException if the model's file holds anything else than such numbers */
    public static SamplingDefaults of(ModelSource model) {
        return of(model, ModelScheduler.of(model).name());
    }

    /**
     * @param scheduler class the pictures are drawn with
     * @throws MixdqException if the model's file holds anything else than such numbers
     */
    public static SamplingDefaults of(ModelSource model, String scheduler) {
        SamplingDefaults told = told(model, scheduler);
        return model.file(FILE).map(file -> read(file, told)).orElse(told);
    }

    private static SamplingDefaults read(Path file, SamplingDefaults told) {
        JsonNode json = Json.read(file);
        for (Iterator<String> names = json.fieldNames(); names.hasNext(); ) {
            String name = names.next();
            if (!Set.of(STEPS, GUIDANCE, LENGTH).contains(name)) {
                throw new MixdqException("The file " + file + " has a field '" + name + "', expected " + STEPS + ", "
                        + GUIDANCE + " and " + LENGTH + " alone; correct or delete it.");
            }
        }
        boolean both = json.has(STEPS) && json.has(GUIDANCE);
        boolean neither = !json.has(STEPS) && !json.has(GUIDANCE);
        return new SamplingDefaults(
                (int) number(file, json, STEPS, told.steps(), 1, true),
                number(file, json, GUIDANCE, told.guidance(), 0, false),
                (int) number(file, json, LENGTH, told.sequenceLength(), 2, true),
                both ? FILE : neither ? told.reason() : FILE + " and " + told.reason());
    }

    private static SamplingDefaults told(ModelSource model, String scheduler) {
        if (scheduler.equals("LCMScheduler")) {
            return told(4, consistencyGuidance(model), "LCMScheduler draws for models distilled to few steps");
        }
        if (scheduler.equals("TCDScheduler")) {
            return told(4, 0, "TCDScheduler draws for models distilled to few steps");
        }
        Optional<DistilledName> name = DistilledName.of(model);
        if (name.isPresent()) {
            DistilledName found = name.get();
            return told(
                    found.steps(),
                    embedsGuidance(model) ? consistencyGuidance(model) : found.guidance(),
                    "a guess from '" + found.word() + "' in the name " + found.name());
        }
        double[] usual = PIPELINES.getOrDefault(model.pipelineClass(), new double[] {50, 7.5});
        return told((int) usual[0], usual[1], "the defaults of diffusers' " + model.pipelineClass());
    }

    private static SamplingDefaults told(int steps, double guidance, String reason) {
        return new SamplingDefaults(steps, guidance, SEQUENCE_LENGTH, reason);
    }

    /** Where guidance goes into the network it is large and costs nothing; where it doubles the rows LCM takes little. */
    private static double consistencyGuidance(ModelSource model) {
        if (!embedsGuidance(model)) {
            return 1.5;
        }
        return model.pipelineClass().equals("StableDiffusionXLPipeline") ? 8 : 8.5;
    }

    private static boolean embedsGuidance(ModelSource model) {
        return model.has("unet")
                && model.config("unet").path("time_cond_proj_dim").isNumber();
    }

    private static double number(Path file, JsonNode json, String field, double absent, int least, boolean whole) {
        if (!json.has(field)) {
            return absent;
        }
        JsonNode value = json.get(field);
        if (!value.isNumber()
                || value.doubleValue() < least
                || whole && !(value.isIntegralNumber() && value.canConvertToInt())) {
            throw new MixdqException("The file " + file + " gives " + value + " as '" + field + "', expected a "
                    + (whole ? "whole " : "") + "number from " + least + "; correct or delete it.");
        }
        return value.doubleValue();
    }
}
