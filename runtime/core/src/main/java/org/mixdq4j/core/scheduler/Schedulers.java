package org.mixdq4j.core.scheduler;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.mixdq4j.core.error.MixdqException;

/** Reads diffusers' scheduler configurations. */
public final class Schedulers {
    private static final Map<String, Function<Settings, SchedulerConfig>> KNOWN = new TreeMap<>(Map.of(
            "DDIMScheduler", DdimConfig::new,
            "DPMSolverMultistepScheduler", DpmSolverConfig::new,
            "EulerAncestralDiscreteScheduler", EulerConfig::ancestral,
            "EulerDiscreteScheduler", EulerConfig::deterministic,
            "FlowMatchEulerDiscreteScheduler", FlowMatchConfig::new,
            "LCMScheduler", LcmConfig::new));

    private Schedulers() {}

    /**
     * The sampler that {@code config} describes. Absent and null settings take diffusers' defaults for that class;
     * settings that the class does not have are ignored, as diffusers does. One setting is ours: DDIM reads {@code "eta"}
     * (0 to 1, default 0), which diffusers takes from the pipeline's caller.
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
                            + String.join(", ", KNOWN.keySet()) + ".");
        }
        String name = config.get("_class_name").textValue();
        if (name.equals("PNDMScheduler")) {
            throw new MixdqException(where + " asks for PNDMScheduler, which is not supported; set \"_class_name\" to "
                    + "\"DDIMScheduler\" (and \"clip_sample\" to false) or to \"EulerDiscreteScheduler\", which read the "
                    + "same noise schedule.");
        }
        Function<Settings, SchedulerConfig> known = KNOWN.get(name);
        if (known == null) {
            throw new MixdqException(where + " asks for the scheduler " + name + ", which is not supported; use one of "
                    + String.join(", ", KNOWN.keySet()) + ".");
        }
        return known.apply(new Settings(config, name, where));
    }
}
