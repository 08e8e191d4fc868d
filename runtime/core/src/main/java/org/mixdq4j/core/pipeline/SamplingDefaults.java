package org.mixdq4j.core.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import org.mixdq4j.core.model.folder.ModelFolder;

/**
 * Steps and guidance a model is meant for where the user gives none, told from its scheduler: trailing spacing is how
 * distilled models (SDXL-Turbo) are published, which draw in one step without guidance; LCM in four; others as diffusers'
 * pipelines do with 30 steps.
 */
public record SamplingDefaults(int steps, double guidance) {
    public static SamplingDefaults of(ModelFolder model) {
        JsonNode scheduler = model.schedulerConfig();
        if (scheduler.path("_class_name").asText().startsWith("LCM")) {
            return new SamplingDefaults(4, 1.5);
        }
        if (scheduler.path("timestep_spacing").asText().equals("trailing")) {
            return new SamplingDefaults(1, 0);
        }
        return new SamplingDefaults(30, model.pipelineClass().contains("XL") ? 5.0 : 7.5);
    }
}
