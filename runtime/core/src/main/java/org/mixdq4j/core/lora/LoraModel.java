package org.mixdq4j.core.lora;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.lora.LoraTargets.Target;
import org.mixdq4j.core.network.layout.Layouts;
import org.mixdq4j.core.network.source.ModelSource;
import org.mixdq4j.core.safetensors.StoredWeights;
import org.mixdq4j.core.tensor.Shape;

/** A model with LoRAs added to the weights of its noise predictor and text encoders; for the rest, that model. */
public final class LoraModel implements ModelSource {
    private final ModelSource model;
    private final Map<String, Map<String, List<MergedWeights.Change>>> changes;
    private final Map<String, String> merged;
    private final List<String> notes;

    private LoraModel(
            ModelSource model,
            Map<String, Map<String, List<MergedWeights.Change>>> changes,
            Map<String, String> merged,
            List<String> notes) {
        this.model = model;
        this.changes = changes;
        this.merged = Collections.unmodifiableMap(merged);
        this.notes = List.copyOf(notes);
    }

    /**
     * Reads the LoRAs and finds the weight that each of their layers changes.
     *
     * @throws MixdqException if a file is no LoRA, or one for another family of models
     */
    public static LoraModel open(ModelSource model, List<LoraUse> uses) {
        String denoiser = model.lists("transformer") ? "transformer" : "unet";
        Map<String, Network> networks = new LinkedHashMap<>();
        networks.put(LoraKey.DENOISER, Network.of(model, denoiser));
        for (String component : model.textEncoders()) {
            if (model.has(component)) {
                networks.put(component, Network.of(model, component));
            }
        }
        Map<String, String> merged = new LinkedHashMap<>();
        List<String> notes = new ArrayList<>();
        for (LoraUse use : uses) {
            LoraFile file = LoraFile.open(use);
            match(file, model, networks).ifPresent(notes::add);
            String name = file.name();
            for (int again = 2; merged.containsKey(name); again++) {
                name = file.name() + " (" + again + ")";
            }
            merged.put(name, file.digest());
        }
        Map<String, Map<String, List<MergedWeights.Change>>> changes = new LinkedHashMap<>();
        networks.forEach(
                (key, network) -> changes.put(key.equals(LoraKey.DENOISER) ? denoiser : key, network.changes()));
        return new LoraModel(model, changes, merged, notes);
    }

    /** A network whose weights may be changed, by names and shapes. */
    private record Network(
            LoraTargets targets, Map<String, Shape> shapes, Map<String, List<MergedWeights.Change>> changes) {
        static Network of(ModelSource model, String component) {
            try (StoredWeights weights = model.weights(component)) {
                Map<String, Shape> shapes = new LinkedHashMap<>();
                weights.names().forEach(name -> shapes.put(name, weights.shape(name)));
                LoraTargets targets = new LoraTargets(
                        weights.names(),
                        switch (component) {
                            case "unet" -> Optional.of(Layouts.unet());
                            case "transformer" -> Optional.of(Layouts.mmdit());
                            default -> Optional.empty();
                        });
                return new Network(targets, shapes, new LinkedHashMap<>());
            }
        }

        /** A weight that a change of this layer does not fit to. */
        Optional<Target> misfit(LoraFile.Module module) {
            return targets.of(module.module()).stream()
                    .filter(target -> !fits(module.change(), target))
                    .findFirst();
        }

        private boolean fits(LowRank change, Target target) {
            Shape shape = shapes.get(target.weight());
            return shape.rank() >= 2
                    && change.rows() == (long) target.parts() * shape.dim(0)
                    && change.columns() == shape.elements() / shape.dim(0);
        }

        boolean has(LoraFile.Module module) {
            return !targets.of(module.module()).isEmpty();
        }

        void add(LoraFile.Module module) {
            for (Target target : targets.of(module.module())) {
                changes.computeIfAbsent(target.weight(), weight -> new ArrayList<>())
                        .add(new MergedWeights.Change(module.change(), target));
            }
        }
    }

    /** Finds what each layer changes. @return what was left out, as a sentence */
    private static Optional<String> match(LoraFile file, ModelSource model, Map<String, Network> networks) {
        List<LoraFile.Module> left = new ArrayList<>();
        boolean denoiserWanted = false;
        boolean denoiserFound = false;
        for (LoraFile.Module module : file.modules()) {
            List<Network> candidates = module.component().equals(LoraKey.ANY)
                    ? List.copyOf(networks.values())
                    : Optional.ofNullable(networks.get(module.component())).stream()
                            .toList();
            Optional<Network> network = candidates.stream()
                    .filter(candidate -> candidate.has(module))
                    .findFirst();
            boolean ofDenoiser = module.component().equals(LoraKey.DENOISER);
            denoiserWanted |= ofDenoiser;
            if (network.isEmpty()) {
                left.add(module);
                continue;
            }
            denoiserFound |= ofDenoiser;
            network.get().misfit(module).ifPresent(target -> {
                throw misfit(file, model, module, network.get().shapes().get(target.weight()));
            });
            network.get().add(module);
        }
        int all = file.modules().size();
        if (left.size() == all || denoiserWanted && !denoiserFound) {
            throw new MixdqException("The LoRA " + file.path() + LoraFamily.of(file) + " does not fit the "
                    + model.pipelineClass() + " " + model + ": the model has none of its "
                    + (left.size() == all ? all + " layers" : "layers for the noise predictor") + ", such as '"
                    + left.get(0).module() + "'; give a LoRA that was made for it.");
        }
        return left.isEmpty()
                ? Optional.empty()
                : Optional.of(left.size() + " of the " + all + " layers of the LoRA " + file.path()
                        + " are not in the model and are left out, the first of them '"
                        + left.get(0).module() + "'.");
    }

    private static MixdqException misfit(LoraFile file, ModelSource model, LoraFile.Module module, Shape weight) {
        return new MixdqException("The LoRA " + file.path() + LoraFamily.of(file) + " does not fit the "
                + model.pipelineClass() + " " + model + ": its change of '" + module.module() + "' has "
                + module.change().rows() + " rows of " + module.change().columns() + ", the weight is of shape "
                + weight
                + "; give a LoRA that was made for it.");
    }

    /** What a user should know: layers of LoRAs that the model does not have. A sentence each. */
    public List<String> notes() {
        return notes;
    }

    @Override
    public Map<String, String> merged() {
        return merged;
    }

    @Override
    public StoredWeights weights(String component) {
        StoredWeights weights = model.weights(component);
        Map<String, List<MergedWeights.Change>> changed = changes.getOrDefault(component, Map.of());
        return changed.isEmpty() ? weights : new MergedWeights(weights, changed);
    }

    @Override
    public Path root() {
        return model.root();
    }

    @Override
    public JsonNode index() {
        return model.index();
    }

    @Override
    public boolean has(String component) {
        return model.has(component);
    }

    @Override
    public Path component(String component) {
        return model.component(component);
    }

    @Override
    public Optional<Path> file(String name) {
        return model.file(name);
    }

    @Override
    public JsonNode config(String component) {
        return model.config(component);
    }

    @Override
    public JsonNode schedulerConfig() {
        return model.schedulerConfig();
    }

    @Override
    public long weightBytes(String component) {
        return model.weightBytes(component);
    }

    @Override
    public String toString() {
        return model.toString();
    }
}
