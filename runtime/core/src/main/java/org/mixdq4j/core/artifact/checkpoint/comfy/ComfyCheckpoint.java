package org.mixdq4j.core.artifact.checkpoint.comfy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mixdq4j.core.artifact.checkpoint.QuantizationConfig;
import org.mixdq4j.core.artifact.checkpoint.QuantizedCheckpoint;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
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
import org.mixdq4j.core.safetensors.SafetensorsFolder;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;

/** Opens the denoiser of an INT8 file of ComfyUI's as a quantized checkpoint; nothing of it is copied. */
public final class ComfyCheckpoint {
    private static final List<String> PREFIXES = List.of(Layouts.DENOISER, "diffusion_model.", "");

    private final Path path;
    private final SafetensorsFile file;
    private final Graph graph;
    private final Map<String, Place> layers = new LinkedHashMap<>();
    private final JsonNode common;

    /** Where a layer's weight lies: part of a stack, or with exchanged halves. @param rotation of its inputs */
    private record Place(TensorMatch match, int part, int rotation) {
        String module() {
            return ComfyCheckpoint.module(match.foreign());
        }
    }

    private ComfyCheckpoint(Path path, SafetensorsFile file, Graph graph) {
        this.path = path;
        this.file = file;
        this.graph = graph;
        String metadata = file.metadata().get(ComfyFormat.METADATA);
        this.common = metadata == null
                ? Json.mapper().createObjectNode()
                : Json.parse(metadata, "The " + ComfyFormat.METADATA + " of " + path)
                        .path("layers");
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
        SafetensorsFile file = SafetensorsFile.open(path);
        SafetensorsFolder floats = null;
        try {
            ComfyCheckpoint read = new ComfyCheckpoint(path, file, graph);
            String prefix = prefix(path, file, layout, graph);
            List<TensorMatch> matches =
                    layout.under(prefix).match(graph.parameters().keySet());
            matches.forEach(read::find);
            if (read.layers.isEmpty()) {
                throw new MixdqException("The file " + path + " holds no 8-bit integer weights of the '" + component
                        + "' of " + model + ", expected some in the form " + ComfyFormat.FORMAT
                        + "; give a folder that 'mixdq ptq' wrote or such a file.");
            }
            floats = SafetensorsFolder.open(path);
            WeightSource weights =
                    CheckpointNames.adapt(new OwnView(floats, prefix, matches, graph.parameters()), graph);
            SafetensorsFolder opened = floats;
            return QuantizedCheckpoint.foreign(
                    path,
                    read.config(component),
                    weights,
                    QuantizedLayers.of(read.layers.keySet(), read::layer),
                    () -> {
                        opened.close();
                        file.close();
                    });
        } catch (RuntimeException e) {
            file.close();
            if (floats != null) {
                floats.close();
            }
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
        if (!file.contains(foreign)
                || !foreign.endsWith(ComfyFormat.WEIGHT)
                || !file.storedType(foreign).equals("I8")) {
            refuseOtherForms(match);
            return;
        }
        String module = module(foreign);
        Place first = new Place(match, 0, rotation(foreign, module));
        for (int part = 0; part < match.own().size(); part++) {
            String own = match.own().get(part);
            String id = module(own);
            Node node = graph.node(id);
            if (!(node.op() instanceof Linear) || file.shape(foreign).rank() != 2) {
                throw new MixdqException(
                        "The tensor '" + foreign + "' of " + path + " is of integers, shape " + file.shape(foreign)
                                + ", expected such weights in Linear layers alone; get the model in another form.");
            }
            layers.put(id, new Place(match, part, first.rotation()));
        }
        scales(first);
    }

    private static String module(String weight) {
        return weight.substring(0, weight.length() - ComfyFormat.WEIGHT.length());
    }

    /** Weights of other integers or with settings but in float would be read as what they are not. */
    private void refuseOtherForms(TensorMatch match) {
        String foreign = match.foreign();
        if (!file.contains(foreign) || !foreign.endsWith(ComfyFormat.WEIGHT)) {
            return;
        }
        String module = module(foreign);
        if (file.contains(module + ComfyFormat.SETTINGS) || common.has(module)) {
            rotation(foreign, module);
            throw new MixdqException("The layer '" + module + "' of " + path + " holds weights of the type "
                    + file.storedType(foreign) + ", expected I8 by its settings; get the file from its source again.");
        }
    }

    /** Of the inputs of a layer with settings that are read. */
    private int rotation(String weight, String module) {
        Shape shape = file.shape(weight);
        int inputs = shape.rank() < 2 ? 0 : shape.dim(1);
        return ComfyFormat.rotation(settings(module), inputs, "The layer '" + module + "' of " + path);
    }

    private JsonNode settings(String module) {
        String name = module + ComfyFormat.SETTINGS;
        if (file.contains(name)) {
            long bytes = file.byteSize(name);
            if (bytes > ComfyFormat.MAX_SETTINGS_BYTES) {
                throw new MixdqException("The tensor '" + name + "' of " + path + " has " + bytes
                        + " bytes, expected a line of JSON; get the file from its source again.");
            }
            ByteBuffer text = file.bytes(name, 0, (int) bytes);
            byte[] utf8 = new byte[text.remaining()];
            text.get(utf8);
            return Json.parse(utf8, "The tensor '" + name + "' of " + path);
        }
        if (common.has(module)) {
            return common.get(module);
        }
        throw new MixdqException("The layer '" + module + "' of " + path + " is of integers, expected '" + name
                + "' beside it to say how; get the file from its source again.");
    }

    /** One scale a row of the stored tensor. */
    private float[] scales(Place place) {
        String name = place.module() + ComfyFormat.SCALE;
        int rows = file.shape(place.match().foreign()).dim(0);
        if (!file.contains(name)) {
            throw new MixdqException("The layer '" + place.module() + "' of " + path + " has no '" + name
                    + "', expected the scales of its integers; get the file from its source again.");
        }
        Shape shape = file.shape(name);
        boolean all = shape.elements() == 1;
        boolean each = shape.elements() == rows && shape.rank() > 0 && shape.dim(0) == rows;
        if (!all && !each || file.dtype(name) != DType.F32) {
            throw new MixdqException("The scales '" + name + "' of " + path + " are " + file.storedType(name) + shape
                    + ", expected F32 with one number or one for each of " + rows
                    + " rows; get the file from its source again.");
        }
        float[] stored = file.tensor(name).toFloatArray();
        float[] scales = new float[rows];
        for (int row = 0; row < rows; row++) {
            scales[row] = stored[all ? 0 : row];
            if (!(scales[row] > 0) || Float.isInfinite(scales[row])) {
                throw new MixdqException("The scales '" + name + "' of " + path + " hold " + scales[row]
                        + ", expected finite numbers above 0; get the file from its source again.");
            }
        }
        return scales;
    }

    private QuantizedLayer layer(String id) {
        Place place = layers.get(id);
        Tensor stored = file.tensor(place.match().foreign());
        float[] scales = scales(place);
        int rows = stored.shape().dim(0);
        int parts = place.match().own().size();
        Tensor weight = stored;
        float[] own = scales;
        if (place.match().form() == Form.HALVES_SWAPPED) {
            weight = Tensor.stack(stored.slice(rows / 2, rows), stored.slice(0, rows / 2));
            own = new float[rows];
            System.arraycopy(scales, rows / 2, own, 0, rows / 2);
            System.arraycopy(scales, 0, own, rows / 2, rows / 2);
        } else if (parts > 1) {
            int size = rows / parts;
            weight = stored.slice(place.part() * size, (place.part() + 1) * size);
            own = Arrays.copyOfRange(scales, place.part() * size, (place.part() + 1) * size);
        }
        Segment segment = new Segment(0, weight.shape().dim(1), weight, own, Optional.of(new TokenParams(8)));
        return new QuantizedLayer(List.of(segment), bias(id), false, Optional.empty(), place.rotation());
    }

    private Optional<Tensor> bias(String id) {
        Place place = layers.get(id);
        String foreign = place.module() + ".bias";
        if (!graph.parameters().containsKey(id + ".bias")) {
            return Optional.empty();
        }
        Tensor stored = file.tensor(foreign);
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
        layers.forEach((id, place) -> quants.put(id, quant.rotated(place.rotation())));
        Map<String, String> floats = new LinkedHashMap<>();
        graph.layers().stream()
                .filter(node -> !layers.containsKey(node.id()))
                .forEach(node -> floats.put(node.id(), "in float in the file"));
        ObjectNode scheme = Json.mapper().createObjectNode();
        scheme.put("name", ComfyFormat.FORMAT);
        String origin = file.metadata().get(ComfyFormat.ORIGIN);
        JsonNode source = origin == null
                ? Json.mapper().createObjectNode()
                : Json.parse(origin, "The metadata '" + ComfyFormat.ORIGIN + "' of " + path)
                        .path("source");
        return new QuantizationConfig(component, ModelFingerprint.fromJson(source), "", scheme, "", quants, floats);
    }
}
