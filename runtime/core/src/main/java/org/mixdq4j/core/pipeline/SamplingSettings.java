package org.mixdq4j.core.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;
import java.util.Optional;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.network.source.ModelSource;
import org.mixdq4j.core.scheduler.Scheduler;
import org.mixdq4j.core.scheduler.SchedulerConfig;

/**
 * How pictures are sampled.
 *
 * @param steps number of scheduler steps, ignored if {@code timesteps} are given
 * @param timesteps the scheduler's timesteps, descending, instead of a number of steps
 * @param guidance classifier-free guidance scale; up to 1 means none
 * @param guidanceRescale share of guided outputs that is scaled back to the spread of the positive side's, 0 to 1
 */
public record SamplingSettings(
        ModelScheduler scheduler, int steps, Optional<double[]> timesteps, double guidance, double guidanceRescale) {
    private static final String GIVEN_TIMESTEPS = "given_timesteps";
    private static final String RESCALE = "guidance_rescale";

    public SamplingSettings {
        if (timesteps.isEmpty() && steps < 1) {
            throw new UsageException("Cannot draw in " + steps + " steps; give --steps 1 or more.");
        }
        if (!(guidance >= 0) || Double.isInfinite(guidance)) {
            throw new UsageException("The guidance scale " + guidance + " makes no sense; give --guidance 0 or more.");
        }
        if (!(guidanceRescale >= 0 && guidanceRescale <= 1)) {
            throw new UsageException("The guidance rescale " + guidanceRescale
                    + " makes no sense; give --guidance-rescale from 0 to 1.");
        }
    }

    /** A number of steps with the model's own scheduler. */
    public static SamplingSettings of(ModelSource model, int steps, double guidance) {
        return new SamplingSettings(ModelScheduler.of(model), steps, Optional.empty(), guidance, 0);
    }

    /** As the model is meant to be drawn. */
    public static SamplingSettings defaults(ModelSource model) {
        SamplingDefaults defaults = SamplingDefaults.of(model);
        return of(model, defaults.steps(), defaults.guidance());
    }

    /** What to draw so. */
    public TextToImage.Request request(String prompt, Optional<String> negativePrompt) {
        return new TextToImage.Request(prompt, negativePrompt, steps, timesteps, guidance, guidanceRescale);
    }

    /** How many steps were asked for, by number or by timesteps. */
    public int count() {
        return timesteps.map(given -> given.length).orElse(steps);
    }

    /** Records all that changes a picture, besides the timesteps that follow from it, among others' settings. */
    public void record(ObjectNode settings, TextToImage pipeline) {
        settings.set("scheduler", pipeline.scheduler().settings());
        settings.put("steps", count());
        timesteps.ifPresent(given -> {
            ArrayNode all = settings.putArray(GIVEN_TIMESTEPS);
            Arrays.stream(given).forEach(all::add);
        });
        ArrayNode visited = settings.putArray("timesteps");
        Arrays.stream(pipeline.schedule(request("", Optional.empty())).timesteps())
                .forEach(visited::add);
        settings.put("guidance", guidance);
        if (guidanceRescale > 0) {
            settings.put(RESCALE, guidanceRescale);
        }
    }

    /** What {@link #record} recorded. @param where to call it in messages */
    static SamplingSettings recorded(JsonNode settings, String where) {
        double[] given = new double[settings.path(GIVEN_TIMESTEPS).size()];
        Arrays.setAll(given, i -> settings.path(GIVEN_TIMESTEPS).get(i).asDouble());
        return new SamplingSettings(
                ModelScheduler.recorded(settings.path("scheduler"), where),
                Math.max(1, settings.path("steps").asInt()),
                given.length > 0 ? Optional.of(given) : Optional.empty(),
                settings.path("guidance").asDouble(),
                settings.path(RESCALE).asDouble(0));
    }

    /** The trajectory. */
    Scheduler schedule() {
        SchedulerConfig config = scheduler.config();
        return timesteps.map(config::schedule).orElseGet(() -> config.schedule(steps));
    }
}
