package org.mixdq4j.export.onnx;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.mixdq4j.core.artifact.checkpoint.QuantizedCheckpoint;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.network.CheckpointNames;
import org.mixdq4j.core.network.NetworkShape;
import org.mixdq4j.core.network.Networks;
import org.mixdq4j.core.network.source.ModelSource;
import org.mixdq4j.core.pipeline.DiffusionNetwork;
import org.mixdq4j.core.pipeline.LatentDecoder;
import org.mixdq4j.core.pipeline.PromptSettings;
import org.mixdq4j.core.progress.Progress;
import org.mixdq4j.core.quant.LayerQuant;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.safetensors.StoredWeights;
import org.mixdq4j.core.tensor.WeightSource;

/**
 * A model's networks as ONNX files, a folder each, under the names Hugging Face Optimum gives them: {@code unet} or {@code
 * transformer}, {@code vae_decoder}, {@code text_encoder}... with a {@code model.onnx}.
 */
public final class OnnxModel {
    /** Name of the decoder's folder. */
    public static final String DECODER = "vae_decoder";

    private static final String VAE = "vae";
    private static final String FILE = "model.onnx";
    private static final String TEXT = "encoder_hidden_states";

    private final Request request;
    private final DiffusionNetwork network;

    /**
     * What to write.
     *
     * @param quantized the noise predictor's quantized form, and those of text encoders that lie with it; the rest in float
     * @param components folders to write; empty for all the model has
     * @param batch rows of every input
     * @param height pixels of the pictures
     * @param width pixels of the pictures
     * @param overwrite whether files that are there are replaced
     */
    public record Request(
            ModelSource model,
            Optional<QuantizedCheckpoint> quantized,
            List<String> components,
            int batch,
            int height,
            int width,
            PromptSettings prompts,
            OnnxOptions options,
            boolean overwrite,
            Path out) {}

    /**
     * One component that was written.
     *
     * @param layers its layers by form, such as {@code W8A8} and {@code float}
     * @param byToken layers whose inputs are quantized token by token, in integer operators whatever the form
     */
    public record Component(String name, List<Path> files, long bytes, Map<String, Integer> layers, int byToken) {}

    /** @throws UsageException if a component is asked for that the model does not have, or a size it cannot draw */
    public OnnxModel(Request request) {
        this.request = request;
        this.network = DiffusionNetwork.of(request.model());
        List<String> known = known();
        for (String name : request.components()) {
            if (!known.contains(name)) {
                throw new UsageException("The model " + request.model() + " has no component '" + name
                        + "' to export; it has " + String.join(", ", known) + ".");
            }
        }
    }

    private List<String> known() {
        List<String> names = new ArrayList<>(List.of(network.component(), DECODER));
        request.model().textEncoders().stream().filter(this::wanted).forEach(names::add);
        return names;
    }

    /** The T5 of a model that is to be used without it is not exported. */
    private boolean wanted(String encoder) {
        return request.model().has(encoder)
                && (request.prompts().sequenceEncoder() || !encoder.equals(PromptSettings.ENCODER));
    }

    /** Writes the files. @throws org.mixdq4j.core.error.MixdqException if one cannot be written */
    public List<Component> write(Progress progress) {
        List<String> names =
                request.components().isEmpty() ? known() : List.copyOf(new TreeSet<>(request.components()));
        for (String name : names) {
            Path file = file(name);
            if (Files.exists(file) && !request.overwrite()) {
                throw new UsageException(
                        "There is a file " + file + " already; pass --overwrite to replace it, or another --out.");
            }
        }
        List<Component> written = new ArrayList<>();
        Graph denoiser = network.graph(request.height(), request.width(), request.prompts());
        for (String name : names) {
            written.add(
                    name.equals(network.component()) ? denoiser(denoiser, progress) : other(name, denoiser, progress));
        }
        return written;
    }

    private Path file(String name) {
        return request.out().resolve(name).resolve(FILE);
    }

    private Component denoiser(Graph one, Progress progress) {
        int tokens = one.inputs().containsKey(TEXT) ? one.shape(TEXT).dim(1) : 0;
        int factor = LatentDecoder.factor(request.model().config(VAE));
        NetworkShape shape =
                new NetworkShape(request.batch(), request.height() / factor, request.width() / factor, tokens);
        Graph graph = Networks.build(network.config(), shape);
        return request.quantized()
                .map(checkpoint -> write(network.component(), graph, checkpoint, progress))
                .orElseGet(() -> write(network.component(), network.component(), graph, progress));
    }

    private Component other(String name, Graph denoiser, Progress progress) {
        if (name.equals(DECODER)) {
            int factor = LatentDecoder.factor(request.model().config(VAE));
            NetworkShape shape =
                    NetworkShape.latents(request.batch(), request.height() / factor, request.width() / factor);
            return write(DECODER, VAE, Networks.build(request.model().config(VAE), shape), progress);
        }
        int all = denoiser.shape(TEXT).dim(1);
        int own = request.prompts().sequenceLength();
        int tokens = name.equals(PromptSettings.ENCODER) ? own : all - own;
        Graph graph = Networks.build(request.model().config(name), new NetworkShape(request.batch(), 0, 0, tokens));
        Optional<QuantizedCheckpoint> quantized =
                request.quantized().flatMap(checkpoint -> QuantizedCheckpoint.openPart(checkpoint.folder(), name));
        if (quantized.isPresent()) {
            try (QuantizedCheckpoint checkpoint = quantized.get()) {
                return write(name, graph, checkpoint, progress);
            }
        }
        return write(name, name, graph, progress);
    }

    private Component write(String name, String component, Graph graph, Progress progress) {
        try (StoredWeights weights = request.model().weights(component)) {
            return write(name, graph, CheckpointNames.adapt(weights, graph), QuantizedLayers.NONE, Map.of(), progress);
        }
    }

    private Component write(String name, Graph graph, QuantizedCheckpoint checkpoint, Progress progress) {
        return write(
                name,
                graph,
                checkpoint.floatWeights(),
                checkpoint.layers(),
                checkpoint.config().layers(),
                progress);
    }

    private Component write(
            String name,
            Graph graph,
            WeightSource weights,
            QuantizedLayers layers,
            Map<String, LayerQuant> quants,
            Progress progress) {
        Map<String, String> properties = new LinkedHashMap<>();
        properties.put("network", graph.name());
        if (!layers.ids().isEmpty()) {
            properties.put("quantized_form", request.options().form().name().toLowerCase(Locale.ROOT));
        }
        OnnxExport.Written written =
                OnnxExport.write(file(name), graph, weights, layers, request.options(), properties, progress);
        Map<String, Integer> forms = new LinkedHashMap<>();
        quants.values().forEach(quant -> forms.merge(form(quant), 1, Integer::sum));
        int rest = graph.layers().size() - quants.size();
        if (rest > 0) {
            forms.put("float", rest);
        }
        int byToken = (int) quants.values().stream().filter(LayerQuant::dynamic).count();
        return new Component(name, written.files(), written.bytes(), forms, byToken);
    }

    private static String form(LayerQuant quant) {
        return "W" + quant.weight().map(weight -> weight.bits()).orElse(16) + "A"
                + quant.activation().map(activation -> activation.bits()).orElse(16);
    }
}
