package org.mixdq4j.core.scheduler;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.mixdq4j.core.error.UsageException;

/**
 * Names people call schedulers by: diffusers' classes, and those of user interfaces, which stand for a class and settings
 * ({@code dpmpp_2m_karras}, {@code DPM++ 2M Karras}).
 */
public final class SchedulerNames {
    private static final String KARRAS = "use_karras_sigmas";
    private static final String EXPONENTIAL = "use_exponential_sigmas";
    private static final String BETA = "use_beta_sigmas";
    private static final String SPACING = "timestep_spacing";
    private static final String FLOW_EULER = "FlowMatchEulerDiscreteScheduler";
    private static final String FLOW_HEUN = "FlowMatchHeunDiscreteScheduler";

    /** Classes that follow the straight paths of flow matching where their settings say so. */
    private static final Set<String> FLOW_SOLVERS = Set.of(
            "DEISMultistepScheduler",
            "DPMSolverMultistepScheduler",
            "DPMSolverSinglestepScheduler",
            "UniPCMultistepScheduler");

    private static final Set<String> FLOW_ONLY = Set.of(FLOW_EULER, FLOW_HEUN);

    private static final Map<String, Choice> SHORT = new TreeMap<>();
    /** Endings that say how noise levels or timesteps are spread. */
    private static final Map<String, ObjectNode> ENDINGS = new LinkedHashMap<>();

    static {
        name("euler", "EulerDiscreteScheduler");
        name("euler_a", "EulerAncestralDiscreteScheduler");
        name("euler_ancestral", "EulerAncestralDiscreteScheduler");
        name("heun", "HeunDiscreteScheduler");
        name("dpm2", "KDPM2DiscreteScheduler");
        name("dpm2_a", "KDPM2AncestralDiscreteScheduler");
        name("dpm2_ancestral", "KDPM2AncestralDiscreteScheduler");
        name("lms", "LMSDiscreteScheduler");
        name("dpmpp_2m", "DPMSolverMultistepScheduler").put("algorithm_type", "dpmsolver++");
        name("dpmpp_2m_sde", "DPMSolverMultistepScheduler").put("algorithm_type", "sde-dpmsolver++");
        name("dpmpp_3m", "DPMSolverMultistepScheduler")
                .put("algorithm_type", "dpmsolver++")
                .put("solver_order", 3);
        name("dpmpp_3m_sde", "DPMSolverMultistepScheduler")
                .put("algorithm_type", "sde-dpmsolver++")
                .put("solver_order", 3);
        name("dpmpp_2s", "DPMSolverSinglestepScheduler").put("algorithm_type", "dpmsolver++");
        name("dpmpp_sde", "DPMSolverSDEScheduler");
        name("unipc", "UniPCMultistepScheduler");
        name("uni_pc", "UniPCMultistepScheduler");
        name("deis", "DEISMultistepScheduler");
        name("ddim", "DDIMScheduler");
        name("ddpm", "DDPMScheduler");
        name("pndm", "PNDMScheduler");
        name("plms", "PNDMScheduler").put("skip_prk_steps", true);
        name("lcm", "LCMScheduler");
        name("tcd", "TCDScheduler");
        ENDINGS.put("_karras", levels(KARRAS));
        ENDINGS.put("_exponential", levels(EXPONENTIAL).put(SPACING, "linspace"));
        ENDINGS.put("_beta", levels(BETA).put(SPACING, "linspace"));
        ENDINGS.put("_sgm_uniform", settings().put(SPACING, "trailing"));
    }

    private SchedulerNames() {}

    /**
     * What a name stands for.
     *
     * @param className diffusers' class
     * @param settings what it sets besides the model's own settings
     */
    public record Choice(String className, ObjectNode settings) {}

    /**
     * @param name a class, or a short name in any case, with spaces or underscores
     * @param flow whether the model was trained by flow matching: {@code euler} and {@code heun} then are those of it
     * @throws UsageException if there is no such name, or it does not suit the model
     */
    public static Choice choose(String name, boolean flow) {
        Choice choice = find(name.strip());
        String className = choice.className();
        if (flow && className.equals("EulerDiscreteScheduler")) {
            return new Choice(FLOW_EULER, choice.settings());
        }
        if (flow && className.equals("HeunDiscreteScheduler")) {
            return new Choice(FLOW_HEUN, choice.settings());
        }
        if (flow && !suitsFlow(className)) {
            throw new UsageException(
                    "--scheduler " + name + " is " + className + ", which does not suit a model of flow"
                            + " matching such as this; use euler, heun, dpmpp_2m, dpmpp_2s, unipc or deis.");
        }
        if (!flow && FLOW_ONLY.contains(className)) {
            throw new UsageException("--scheduler " + name + " is " + className
                    + ", which suits models of flow matching" + " alone; use euler or heun.");
        }
        return choice;
    }

    /** Whether a class can draw with models of flow matching. */
    static boolean suitsFlow(String className) {
        return FLOW_ONLY.contains(className) || FLOW_SOLVERS.contains(className);
    }

    /** Whether a class needs settings to draw with models of flow matching. */
    public static boolean isFlowSolver(String className) {
        return FLOW_SOLVERS.contains(className);
    }

    /** The short names, sorted, without endings. */
    public static Set<String> shortNames() {
        return SHORT.keySet();
    }

    /** The endings short names may have. */
    public static Set<String> endings() {
        return ENDINGS.keySet();
    }

    private static Choice find(String name) {
        for (String known : Schedulers.known()) {
            if (known.equalsIgnoreCase(name)) {
                return new Choice(known, settings());
            }
        }
        String plain = name.toLowerCase(Locale.ROOT).replace("++", "pp").replaceAll("[\\s-]+", "_");
        String base = plain;
        ObjectNode more = settings();
        for (Map.Entry<String, ObjectNode> ending : ENDINGS.entrySet()) {
            if (plain.endsWith(ending.getKey()) && !SHORT.containsKey(plain)) {
                base = plain.substring(0, plain.length() - ending.getKey().length());
                more = ending.getValue();
            }
        }
        Choice choice = SHORT.get(base);
        if (choice == null) {
            throw new UsageException("There is no --scheduler " + name + "; use a class of diffusers ("
                    + String.join(", ", Schedulers.known()) + ") or one of " + String.join(", ", SHORT.keySet())
                    + ", which may end in " + String.join(", ", ENDINGS.keySet()) + ".");
        }
        ObjectNode settings = choice.settings().deepCopy();
        settings.setAll(more);
        return new Choice(choice.className(), settings);
    }

    private static ObjectNode name(String name, String className) {
        Choice choice = new Choice(className, settings());
        SHORT.put(name, choice);
        return choice.settings();
    }

    /** One kind of levels, which takes the place of what the model's settings choose. */
    private static ObjectNode levels(String chosen) {
        ObjectNode settings = settings();
        for (String kind : new String[] {KARRAS, EXPONENTIAL, BETA}) {
            settings.put(kind, kind.equals(chosen));
        }
        return settings;
    }

    private static ObjectNode settings() {
        return JsonNodeFactory.instance.objectNode();
    }
}
