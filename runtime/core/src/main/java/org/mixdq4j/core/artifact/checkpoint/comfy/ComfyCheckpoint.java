package org.mixdq4j.core.artifact.checkpoint.comfy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.mixdq4j.core.artifact.checkpoint.QuantizationConfig;
import org.mixdq4j.core.artifact.checkpoint.QuantizedCheckpoint;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.network.CheckpointNames;
import org.mixdq4j.core.network.layout.Layout;
import org.mixdq4j.core.network.layout.Layouts;
import org.mixdq4j.core.network.layout.OwnView;
import org.mixdq4j.core.network.layout.TensorMatch;
import org.mixdq4j.core.network.layout.TensorMatch.Form;
import org.mixdq4j.core.network.source.ComponentGraphs;
import org.mixdq4j.core.network.source.ModelFingerprint;
import org.mixdq4j.core.network.source.ModelSource;
import org.mixdq4j.core.quant.ActivationQuant;
import org.mixdq4j.core.quant.LayerQuant;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.quant.TokenParams;
import org.mixdq4j.core.quant.WeightQuant;
import org.mixdq4j.core.safetensors.SafetensorsFile;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;

/** Opens the denoiser of an INT8 file of ComfyUI's as a quantized checkpoint; nothing of it is copied. */
public final class ComfyCheckpoint {
    private static final List<String> PREFIXES = List.of(Layouts.DENOISER, "diffusion_model.", "");

    private final Path path;
    private final ComfyModules modules;
    private final Graph graph;
    private final Map<String, Place> layers = new LinkedHashMap<>();

    /** Where a layer's weight lies: part of a stack, or with exchanged halves. */
    private record Place(TensorMatch match, int part, ComfyFormat.Form form) {
        String module() {
            return ComfyCheckpoint.module(match.foreign());
        }
    }

    private ComfyCheckpoint(Path path, ComfyModules modules, Graph graph) {
        this.path = path;
        this.modules = modules;
        this.graph = graph;
    }

    /** Whether a file holds 8-bit integer weights in a form of ComfyUI's, be it one that is not read. */
    public static boolean isIn(Path path) {
        if (!Files.isRegularFile(path) || !path.toString().endsWith(".safetensors")) {
            return false;
        }
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            return file.names().stream()
                            .anyMatch(name -> name.endsWith(ComfyFormat.SETTINGS) || name.equals("comfy_quant"))
                    || file.metadata().containsKey(ComfyFormat.METADATA);
        }
    }

    /**
     * @param model whose denoiser's configuration the file is read by; what it is drawn with
     * @throws MixdqException if the file is not of that network, or of a form that is not read
     */
    public static QuantizedCheckpoint open(Path path, ModelSource model) {
        String component = model.lists("transformer") ? "transformer" : "unet";
        Graph graph = ComponentGraphs.of(component, model.config(component)).get(0);
        Layout layout = component.equals("unet") ? Layouts.unet() : Layouts.mmdit();
        ComfyModules modules = ComfyModules.open(path);
        try {
            ComfyCheckpoint read = new ComfyCheckpoint(path, modules, graph);
            String prefix = prefix(path, modules.file(), layout, graph);
            List<TensorMatch> matches =
                    layout.under(prefix).match(graph.parameters().keySet());
            matches.forEach(read::find);
            if (read.layers.isEmpty()) {
                throw new MixdqException("The file " + path + " holds no 8-bit integer weights of the '" + component
                        + "' of " + model + ", expected some in the form " + ComfyFormat.FORMAT
                        + "; give a folder that 'mixdq ptq' wrote or such a file.");
            }
            WeightSource weights =
                    CheckpointNames.adapt(new OwnView(modules.numbers(), prefix, matches, graph.parameters()), graph);
            return QuantizedCheckpoint.foreign(
                    path,
                    read.config(component),
                    weights,
                    QuantizedLayers.of(read.layers.keySet(), read::layer),
                    modules::close);
        } catch (RuntimeException e) {
            modules.close();
            throw e;
        }
    }

    private static String prefix(Path path, SafetensorsFile file, Layout layout, Graph graph) {
        List<TensorMatch> matches = layout.match(graph.parameters().keySet());
        for (String prefix : PREFIXES) {
            if (file.contains(prefix + matches.get(matches.size() - 1).foreign())) {
                return prefix;
            }
        }
        throw new MixdqException("The file " + path + " has no tensor '"
                + matches.get(matches.size() - 1).foreign() + "' of the model's " + graph.name()
                + ", with or without '" + Layouts.DENOISER
                + "' before it; give the file and a --model of the same kind.");
    }

    /** Notes the layers whose weights a tensor holds, if it is integer. */
    private void find(TensorMatch match) {
        String foreign = match.foreign();
        if (!foreign.endsWith(ComfyFormat.WEIGHT)) {
            return;
        }
        modules.form(module(foreign)).ifPresent(form -> {
            for (int part = 0; part < match.own().size(); part++) {
                String id = module(match.own().get(part));
                if (!(graph.node(id).op() instanceof Linear)) {
                    throw new MixdqException("The tensor '" + foreign + "' of " + path + " is of integers, shape "
                            + modules.file().shape(foreign)
                            + ", expected such weights in Linear layers alone; get the model in another form.");
                }
                layers.put(id, new Place(match, part, form));
            }
        });
    }

    private static String module(String weight) {
        return weight.substring(0, weight.length() - ComfyFormat.WEIGHT.length());
    }

    private QuantizedLayer layer(String id) {
        Place place = layers.get(id);
        String module = place.module();
        int rows = modules.file().shape(place.match().foreign()).dim(0);
        float[] scales = modules.scales(module, place.form());
        Tensor weight;
        float[] own;
        if (place.match().form() == Form.HALVES_SWAPPED) {
            weight = Tensor.stack(
                    modules.integers(module, place.form(), rows / 2, rows),
                    modules.integers(module, place.form(), 0, rows / 2));
            own = new float[rows];
            System.arraycopy(scales, rows / 2, own, 0, rows / 2);
            System.arraycopy(scales, 0, own, rows / 2, rows / 2);
        } else {
            int size = rows / place.match().own().size();
            int first = place.part() * size;
            weight = modules.integers(module, place.form(), first, first + size);
            own = Arrays.copyOfRange(scales, first, first + size);
        }
        Segment segment = new Segment(0, weight.shape().dim(1), weight, own, Optional.of(new TokenParams(8)));
        return new QuantizedLayer(
                List.of(segment),
                bias(id),
                false,
                Optional.empty(),
                place.form().rotation());
    }

    private Optional<Tensor> bias(String id) {
        Place place = layers.get(id);
        if (!graph.parameters().containsKey(id + ".bias")) {
            return Optional.empty();
        }
        Tensor stored = modules.file().tensor(place.module() + ".bias");
        int rows = stored.shape().dim(0);
        int parts = place.match().own().size();
        if (place.match().form() == Form.HALVES_SWAPPED) {
            stored = Tensor.stack(stored.slice(rows / 2, rows), stored.slice(0, rows / 2));
        } else if (parts > 1) {
            int size = rows / parts;
            stored = stored.slice(place.part() * size, (place.part() + 1) * size);
        }
        return Optional.of(stored.toF32());
    }

    private QuantizationConfig config(String component) {
        LayerQuant quant = new LayerQuant(
                Optional.of(new WeightQuant(8)),
                Optional.of(new ActivationQuant(8, ActivationQuant.Granularity.TOKEN)),
                List.of(),
                false);
        Map<String, LayerQuant> quants = new LinkedHashMap<>();
        layers.forEach((id, place) -> quants.put(id, quant.rotated(place.form().rotation())));
        Map<String, String> floats = new LinkedHashMap<>();
        graph.layers().stream()
                .filter(node -> !layers.containsKey(node.id()))
                .forEach(node -> floats.put(node.id(), "in float in the file"));
        ObjectNode scheme = Json.mapper().createObjectNode();
        scheme.put(
                "name",
                layers.values().stream()
                        .map(place -> place.form().grouped() ? ComfyFormat.GROUPED : ComfyFormat.FORMAT)
                        .distinct()
                        .sorted()
                        .collect(Collectors.joining(" and ")));
        String origin = modules.file().metadata().get(ComfyFormat.ORIGIN);
        JsonNode source = origin == null
                ? Json.mapper().createObjectNode()
                : Json.parse(origin, "The metadata '" + ComfyFormat.ORIGIN + "' of " + path)
                        .path("source");
        return new QuantizationConfig(component, ModelFingerprint.fromJson(source), "", scheme, "", quants, floats);
    }
}
