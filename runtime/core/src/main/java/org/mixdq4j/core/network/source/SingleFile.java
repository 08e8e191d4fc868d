package org.mixdq4j.core.network.source;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.network.layout.Layouts;
import org.mixdq4j.core.network.layout.OwnView;
import org.mixdq4j.core.network.layout.TensorMatch;
import org.mixdq4j.core.safetensors.SafetensorsFile;
import org.mixdq4j.core.safetensors.SafetensorsFolder;
import org.mixdq4j.core.safetensors.StoredWeights;
import org.mixdq4j.core.tensor.Shape;

/**
 * A model in one .safetensors file of the ldm, ComfyUI or sgm layout, or its denoiser in one. Nothing is copied: components
 * are views of the mapped file. Each component, its configuration and tokenizer comes from the first of these that has it:
 * the file (weights), files that lie beside it (SD3's text encoders), the base folder, the family's published configuration
 * with the sizes the tensors have.
 */
public final class SingleFile implements ModelSource {
    private final Path path;
    private final FileContents contents;
    private final Optional<ModelFolder> base;
    private final ModelFolder published;
    private final JsonNode index;
    private final JsonNode scheduler;
    private final Map<String, JsonNode> configs = new ConcurrentHashMap<>();

    private SingleFile(Path path, FileContents contents, Optional<ModelFolder> base, Prediction prediction) {
        this.path = path;
        this.contents = contents;
        this.base = base;
        this.published = contents.family().published();
        this.index = base.orElse(published).index();
        this.scheduler = base.filter(folder -> folder.has("scheduler"))
                .map(ModelFolder::schedulerConfig)
                .orElseGet(() -> prediction.into(published.schedulerConfig()));
    }

    /**
     * @param base a folder in diffusers' layout with what the file leaves out, complete or not; empty takes a folder
     *     {@code configs} beside the file, or the file's own folder, where it is one of the same family
     * @throws MixdqException if the file is no model of a supported family, or the base one of another
     */
    public static SingleFile open(Path path, Optional<Path> base) {
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            FileContents found = FileContents.of(path, file);
            ModelFolder published = found.family().published();
            Map<String, FilePart> parts = new LinkedHashMap<>(found.parts());
            if (found.family() == Family.SD3) {
                TextEncodersBeside.of(path).forEach(parts::putIfAbsent);
            }
            Optional<ModelFolder> folder = base.isPresent()
                    ? Optional.of(BaseFolder.given(base.get(), published, path))
                    : BaseFolder.beside(path, published);
            return new SingleFile(
                    path, new FileContents(found.family(), parts), folder, Prediction.of(found.family(), file));
        }
    }

    /** Whether a file holds a model, or a part of one this class can complete. */
    public static boolean isModel(Path path) {
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            return FileContents.holdsDenoiser(path, file);
        }
    }

    /** What a file that is no such model holds, as far as it is known: {@code a LoRA}. */
    public static Optional<String> otherContents(Path path) {
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            return FileContents.foreign(file);
        }
    }

    @Override
    public Path root() {
        return path;
    }

    @Override
    public JsonNode index() {
        return index;
    }

    @Override
    public boolean has(String component) {
        return lists(component)
                && (contents.parts().containsKey(component)
                        || base.filter(folder -> folder.has(component)).isPresent()
                        || component.equals("scheduler")
                        || contents.family().tokenizer(component).isPresent());
    }

    @Override
    public Path component(String component) {
        Optional<ModelFolder> given = base.filter(folder -> folder.has(component));
        if (given.isPresent()) {
            return given.get().component(component);
        }
        Optional<Path> tokenizer = contents.family().tokenizer(component);
        if (tokenizer.isPresent()) {
            return tokenizer.get();
        }
        if (component.equals("scheduler")) {
            return published.component(component);
        }
        throw missing(component);
    }

    private MixdqException missing(String component) {
        String more =
                component.equals("tokenizer_3") || component.equals("text_encoder_3") ? ", or pass --no-t5." : ".";
        return new MixdqException("The file " + path + " holds no '" + component + "', and "
                + base.map(folder -> "neither does the folder " + folder.root() + "; give another --base with it")
                        .orElse("there is no other place to take it from; give --base FOLDER, a model folder with it")
                + more);
    }

    @Override
    public Optional<Path> file(String name) {
        return base.flatMap(folder -> folder.file(name));
    }

    @Override
    public JsonNode config(String component) {
        return configs.computeIfAbsent(component, this::readConfig);
    }

    private JsonNode readConfig(String component) {
        Optional<ModelFolder> given = base.filter(folder ->
                folder.has(component) && folder.file(component + "/config.json").isPresent());
        if (given.isPresent()) {
            return given.get().config(component);
        }
        FilePart part = contents.parts().get(component);
        if (part == null) {
            throw missing(component);
        }
        ObjectNode config = published.config(component).deepCopy();
        try (StoredWeights file = SafetensorsFolder.open(part.file())) {
            part.sizes().accept(config, new TensorShapes(part.file(), file, part.prefix()));
        }
        return config;
    }

    @Override
    public JsonNode schedulerConfig() {
        return scheduler;
    }

    @Override
    public StoredWeights weights(String component) {
        FilePart part = contents.parts().get(component);
        if (part == null) {
            return base.filter(folder -> folder.has(component))
                    .orElseThrow(() -> missing(component))
                    .weights(component);
        }
        Map<String, Shape> parameters = ComponentGraphs.parameters(component, config(component));
        List<TensorMatch> matches = part.layout().under(part.prefix()).match(parameters.keySet());
        StoredWeights file = SafetensorsFolder.open(part.file());
        try {
            refuseForeign(part, file, matches);
            return new OwnView(file, part.prefix(), matches, parameters);
        } catch (RuntimeException e) {
            file.close();
            throw e;
        }
    }

    private void refuseForeign(FilePart part, StoredWeights file, List<TensorMatch> matches) {
        Set<String> known = matches.stream().map(TensorMatch::foreign).collect(Collectors.toSet());
        boolean wholeFile = part.prefix().isEmpty();
        for (String name : file.names()) {
            boolean other = known.contains(name)
                    || !name.startsWith(part.prefix())
                    || wholeFile && !name.contains(".")
                    || Layouts.ignoredEndings().stream().anyMatch(name::endsWith)
                    || leftOut(part, name);
            if (!other) {
                throw new MixdqException(
                        "The file " + part.file() + " holds '" + name + "', expected no such tensor in the '"
                                + part.component() + "' of " + contents.family().title()
                                + "; it is of another kind of model, or needs --base FOLDER with the configuration it was made with.");
            }
        }
    }

    /** SD2's text encoder is read before its last layer: diffusers leaves that layer and the projection out. */
    private boolean leftOut(FilePart part, String name) {
        if (contents.family() != Family.SD2 || !part.prefix().equals(Layouts.SD2_TEXT)) {
            return false;
        }
        int layers = config(part.component()).path("num_hidden_layers").asInt();
        return name.startsWith(part.prefix() + "transformer.resblocks." + layers + ".")
                || name.equals(part.prefix() + "text_projection");
    }

    @Override
    public long weightBytes(String component) {
        try (StoredWeights weights = weights(component)) {
            return weights.names().stream().mapToLong(weights::byteSize).sum();
        }
    }

    /** What people call the family of models it is of. */
    public String family() {
        return contents.family().title();
    }

    /** What the file is, in one line. */
    public String description() {
        Set<String> inside = new LinkedHashSet<>();
        List<String> beside = new ArrayList<>();
        contents.parts().forEach((name, part) -> {
            if (part.file().equals(path)) {
                inside.add(name);
            } else {
                beside.add(name + " from " + part.file().getFileName());
            }
        });
        String what = inside.size() == 1 ? "the " + contents.family().denoiser() + " alone" : String.join(", ", inside);
        return contents.family().title() + " in one file: " + what
                + (beside.isEmpty() ? "" : "; " + String.join(", ", beside))
                + "; configuration "
                + base.map(folder -> "and what is missing from " + folder.root())
                        .orElse("of the published model, with the sizes of the tensors")
                + "; " + scheduler.path("_class_name").asText() + ", prediction "
                + scheduler.path("prediction_type").asText("of the flow");
    }

    @Override
    public String toString() {
        return path.toString();
    }
}
