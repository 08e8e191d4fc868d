package org.mixdq4j.core.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.network.source.ModelSource;
import org.mixdq4j.core.scheduler.SchedulerConfig;
import org.mixdq4j.core.scheduler.SchedulerNames;
import org.mixdq4j.core.scheduler.Schedulers;

/**
 * The scheduler a model is drawn with, as diffusers would have it: model_index.json names the class, scheduler_config.json
 * holds the settings, whichever class they were written for; another class takes the same settings.
 */
public final class ModelScheduler {
    private static final String CLASS = "_class_name";
    private static final String OFFSET = "steps_offset";
    private static final String CLIP = "clip_sample";
    private static final String DYNAMIC = "use_dynamic_shifting";
    private static final String FLOW = "use_flow_sigmas";
    private static final String MU = "mu";

    private final ObjectNode settings;
    private final String where;
    private final List<String> notes;

    private ModelScheduler(ObjectNode settings, String where, List<String> notes) {
        this.settings = settings;
        this.where = where;
        this.notes = List.copyOf(notes);
    }

    /** The model's own. */
    public static ModelScheduler of(ModelSource model) {
        ObjectNode settings = fileSettings(model);
        String where = model.component("scheduler").toString();
        List<String> notes = new ArrayList<>();
        String written = settings.path(CLASS).asText();
        String listed = model.index().path("scheduler").path(1).asText();
        if (!listed.isEmpty() && !listed.equals(written)) {
            settings.put(CLASS, listed);
            if (!written.isEmpty()) {
                notes.add("model_index.json names " + listed + " and scheduler_config.json " + written
                        + "; as in diffusers " + listed + " draws, with the settings of the file.");
            }
        }
        amend(model, settings, notes);
        return new ModelScheduler(settings, where, notes);
    }

    /**
     * Another class with the model's settings, as {@code Class.from_config(pipe.scheduler.config)} gives it.
     *
     * @param name a class or a short name; empty: the model's own
     * @param eta share of fresh noise of DDIM and TCD; empty: 0, or what the settings say
     * @throws UsageException if there is no such scheduler, it does not suit the model, or has no eta
     */
    public static ModelScheduler of(ModelSource model, Optional<String> name, Optional<Double> eta) {
        ModelScheduler own = of(model);
        ModelScheduler chosen = name.map(
                        own.flow(model)
                                ? wanted -> own.another(model, SchedulerNames.choose(wanted, true), true)
                                : wanted -> own.another(model, SchedulerNames.choose(wanted, false), false))
                .orElse(own);
        return eta.map(chosen::withEta).orElse(chosen);
    }

    /** The scheduler that a calibration set records. */
    static ModelScheduler recorded(JsonNode settings, String where) {
        if (!settings.isObject()) {
            throw new MixdqException(where + " records no scheduler; make the set again with 'mixdq calibrate'.");
        }
        return new ModelScheduler(settings.deepCopy(), where, List.of());
    }

    private boolean flow(ModelSource model) {
        return name().startsWith("FlowMatch")
                || fileSettings(model).path(CLASS).asText().startsWith("FlowMatch")
                || settings.path(FLOW).asBoolean();
    }

    private ModelScheduler another(ModelSource model, SchedulerNames.Choice choice, boolean flow) {
        if (choice.className().equals(name())) {
            ObjectNode same = settings.deepCopy();
            same.setAll(choice.settings());
            return new ModelScheduler(same, where, notes);
        }
        ObjectNode other = fileSettings(model);
        amendGiven(model, other);
        other.put(CLASS, choice.className());
        if (flow) {
            asFlow(other, choice.className());
        }
        other.setAll(choice.settings());
        return new ModelScheduler(other, where, List.of());
    }

    /** What a class needs to be told to follow the paths the model was trained on. */
    private static void asFlow(ObjectNode settings, String className) {
        if (SchedulerNames.isFlowSolver(className)) {
            settings.put(FLOW, true).put("prediction_type", "flow_prediction");
            if (!settings.has("flow_shift") && settings.has("shift")) {
                settings.set("flow_shift", settings.get("shift"));
            }
        } else if (!settings.has("shift") && settings.has("flow_shift")) {
            settings.set("shift", settings.get("flow_shift"));
        }
    }

    private ModelScheduler withEta(double eta) {
        if (!List.of("DDIMScheduler", "TCDScheduler").contains(name())) {
            throw new UsageException("--eta is the share of fresh noise of DDIMScheduler and TCDScheduler, but "
                    + name() + " draws; leave it out or choose --scheduler ddim or tcd.");
        }
        if (!(eta >= 0 && eta <= 1)) {
            throw new UsageException("--eta is " + eta + "; give a number from 0 to 1.");
        }
        ObjectNode with = settings.deepCopy();
        with.put("eta", eta);
        return new ModelScheduler(with, where, notes);
    }

    /**
     * Two settings that diffusers' StableDiffusionPipeline overrules whatever the file says: steps_offset is 1, and
     * latents are not clipped.
     */
    private static void amend(ModelSource model, ObjectNode settings, List<String> notes) {
        if (!overrules(model)) {
            return;
        }
        String name = settings.path(CLASS).asText();
        if (Schedulers.hasStepsOffset(name) && settings.path(OFFSET).asInt(0) != 1) {
            settings.put(OFFSET, 1);
            notes.add("steps_offset is taken as 1, as diffusers' StableDiffusionPipeline takes it.");
        }
        if (settings.path(CLIP).asBoolean(Schedulers.clipsByDefault(name))) {
            settings.put(CLIP, false);
            notes.add("clip_sample is taken as false, as diffusers' StableDiffusionPipeline takes it.");
        }
    }

    /** The same for another class: what the file leaves open, that class' own default fills. */
    private static void amendGiven(ModelSource model, ObjectNode settings) {
        if (overrules(model)) {
            if (settings.hasNonNull(OFFSET)) {
                settings.put(OFFSET, 1);
            }
            if (settings.path(CLIP).asBoolean(false)) {
                settings.put(CLIP, false);
            }
        }
    }

    private static boolean overrules(ModelSource model) {
        return model.pipelineClass().equals("StableDiffusionPipeline");
    }

    private static ObjectNode fileSettings(ModelSource model) {
        JsonNode settings = model.schedulerConfig();
        if (!settings.isObject()) {
            throw new MixdqException("The file " + model.component("scheduler").resolve("scheduler_config.json")
                    + " holds no settings of a scheduler; get the complete model folder.");
        }
        return settings.deepCopy();
    }

    /** The same for pictures of a size: {@code use_dynamic_shifting} follows the number of tokens a picture makes. */
    public ModelScheduler forPicture(long tokens) {
        if (!settings.path(DYNAMIC).asBoolean() || settings.has(MU)) {
            return this;
        }
        double few = settings.path("base_image_seq_len").asDouble(256);
        double many = settings.path("max_image_seq_len").asDouble(4096);
        double least = settings.path("base_shift").asDouble(0.5);
        double most = settings.path("max_shift").asDouble(1.16);
        ObjectNode with = settings.deepCopy();
        double slope = (most - least) / (many - few);
        with.put(MU, tokens * slope + (least - slope * few));
        return new ModelScheduler(with, where, notes);
    }

    /** The checked sampler. */
    public SchedulerConfig config() {
        return Schedulers.of(settings, where);
    }

    /** diffusers' class. */
    public String name() {
        return settings.path(CLASS).asText();
    }

    /** The class and all settings, as they are recorded. */
    public ObjectNode settings() {
        return settings.deepCopy();
    }

    /** Where what is drawn with differs from what the file says: a sentence each. */
    public List<String> notes() {
        return notes;
    }
}
