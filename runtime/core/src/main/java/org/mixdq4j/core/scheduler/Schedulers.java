package org.mixdq4j.core.scheduler;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import org.mixdq4j.core.error.MixdqException;

/** Reads diffusers' scheduler configurations. */
public final class Schedulers {
    private static final Map<String, Function<Settings, SchedulerConfig>> KNOWN = new TreeMap<>(Map.ofEntries(
            Map.entry("DDIMScheduler", DdimConfig::new),
            Map.entry("DDPMScheduler", DdpmConfig::new),
            Map.entry("DEISMultistepScheduler", DeisConfig::new),
            Map.entry("DPMSolverMultistepScheduler", DpmSolverConfig::new),
            Map.entry("DPMSolverSDEScheduler", SdeConfig::new),
            Map.entry("DPMSolverSinglestepScheduler", SinglestepConfig::new),
            Map.entry("EulerAncestralDiscreteScheduler", EulerConfig::ancestral),
            Map.entry("EulerDiscreteScheduler", EulerConfig::deterministic),
            Map.entry("FlowMatchEulerDiscreteScheduler", FlowMatchConfig::new),
            Map.entry("FlowMatchHeunDiscreteScheduler", FlowHeunConfig::new),
            Map.entry("HeunDiscreteScheduler", HeunConfig::new),
            Map.entry("KDPM2AncestralDiscreteScheduler", Kdpm2Config::ancestral),
            Map.entry("KDPM2DiscreteScheduler", Kdpm2Config::deterministic),
            Map.entry("LCMScheduler", LcmConfig::new),
            Map.entry("LMSDiscreteScheduler", LmsConfig::new),
            Map.entry("PNDMScheduler", PndmConfig::new),
            Map.entry("TCDScheduler", TcdConfig::new),
            Map.entry("UniPCMultistepScheduler", UniPcConfig::new)));

    private Schedulers() {}

    /** diffusers' class names that {@link #of} knows, sorted. */
    public static Set<String> known() {
        return KNOWN.keySet();
    }

    /** Whether the class spreads timesteps from {@code steps_offset} on. */
    public static boolean hasStepsOffset(String className) {
        return KNOWN.containsKey(className)
                && !className.startsWith("FlowMatch")
                && !List.of("DPMSolverSinglestepScheduler", "LCMScheduler", "TCDScheduler")
                        .contains(className);
    }

    /** Whether the class clips its estimate of a clean sample unless {@code clip_sample} is false. */
    public static boolean clipsByDefault(String className) {
        return className.equals("DDIMScheduler") || className.equals("DDPMScheduler");
    }

    /**
     * The sampler that {@code config} describes. Absent and null settings take diffusers' defaults for that class;
     * settings that the class does not have are ignored, as diffusers does. Two settings are ours, for diffusers takes
     * them from the pipeline's caller: {@code "eta"} of DDIM and TCD (0 to 1, default 0), and {@code "mu"}, by which
     * {@code use_dynamic_shifting} follows the picture's size.
     *
     * @param config the parsed {@code scheduler_config.json}; a reader must let the numbers NaN and Infinity pass, for
     *     diffusers writes {@code "lambda_min_clipped": -Infinity}
     * @param where what to call the file in a message
     * @throws MixdqException if the class, or a setting that would change the result, is not supported
     */
    public static SchedulerConfig of(JsonNode config, String where) {
        if (!config.isObject() || !config.path("_class_name").isTextual()) {
            throw new MixdqException(
                    where + " has no \"_class_name\" and so is no scheduler configuration; expected one of "
                            + String.join(", ", known()) + ".");
        }
        String name = config.get("_class_name").textValue();
        Function<Settings, SchedulerConfig> reader = KNOWN.get(name);
        if (reader == null) {
            throw new MixdqException(
                    where + " asks for the scheduler " + name + ", which is not supported; choose another"
                            + " with --scheduler: " + String.join(", ", known()) + ".");
        }
        return reader.apply(new Settings(config, name, where));
    }
}
