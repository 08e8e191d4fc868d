package org.mixdq4j.core.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Optional;
import java.util.Set;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.model.source.ModelSource;

/**
 * Steps, guidance and prompt length a model is meant for where the user gives none. A file sampling_defaults.json beside
 * model_index.json says them: {@code {"steps": 12, "guidance": 2.0, "max_sequence_length": 77}}, each if it differs. Else
 * they are told from the scheduler: trailing spacing is how distilled models (SDXL-Turbo) are published, which draw in one
 * step without guidance; LCM in four; models of flow matching (SD3) in 28 as in diffusers' pipeline; others as diffusers'
 * pipelines do with 30 steps.
 *
 * @param sequenceLength tokens of a T5's prompt, for models that have a place for one; diffusers' 256
 */
public record SamplingDefaults(int steps, double guidance, int sequenceLength) {
    /** Name of the file in a model's folder. */
    public static final String FILE = "sampling_defaults.json";

    private static final int SEQUENCE_LENGTH = 256;
    private static final String STEPS = "steps";
    private static final String GUIDANCE = "guidance";
    private static final String LENGTH = "max_sequence_length";

    /** Without a file. */
    SamplingDefaults(int steps, double guidance) {
        this(steps, guidance, SEQUENCE_LENGTH);
    }

    /** @throws MixdqException if the model's file holds anything else than such numbers */
    public static SamplingDefaults of(ModelSource model) {
        SamplingDefaults told = told(model);
        Optional<Path> found = model.file(FILE);
        if (found.isEmpty()) {
            return told;
        }
        Path file = found.get();
        JsonNode json = Json.read(file);
        for (Iterator<String> names = json.fieldNames(); names.hasNext(); ) {
            String name = names.next();
            if (!Set.of(STEPS, GUIDANCE, LENGTH).contains(name)) {
                throw new MixdqException("The file " + file + " has a field '" + name + "', expected " + STEPS + ", "
                        + GUIDANCE + " and " + LENGTH + " alone; correct or delete it.");
            }
        }
        return new SamplingDefaults(
                (int) number(file, json, STEPS, told.steps(), 1, true),
                number(file, json, GUIDANCE, told.guidance(), 0, false),
                (int) number(file, json, LENGTH, told.sequenceLength(), 2, true));
    }

    private static SamplingDefaults told(ModelSource model) {
        JsonNode scheduler = model.schedulerConfig();
        String kind = scheduler.path("_class_name").asText();
        if (kind.startsWith("LCM")) {
            return new SamplingDefaults(4, 1.5);
        }
        if (kind.startsWith("FlowMatch")) {
            return new SamplingDefaults(28, 7);
        }
        if (scheduler.path("timestep_spacing").asText().equals("trailing")) {
            return new SamplingDefaults(1, 0);
        }
        return new SamplingDefaults(30, model.pipelineClass().contains("XL") ? 5.0 : 7.5);
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
