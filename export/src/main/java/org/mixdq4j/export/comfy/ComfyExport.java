package org.mixdq4j.export.comfy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.mixdq4j.core.artifact.checkpoint.QuantizedCheckpoint;
import org.mixdq4j.core.artifact.checkpoint.comfy.ComfyFormat;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.io.Folders;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.network.layout.Layouts;
import org.mixdq4j.core.network.layout.TensorMatch;
import org.mixdq4j.core.network.layout.TensorMatch.Form;
import org.mixdq4j.core.network.source.ComponentGraphs;
import org.mixdq4j.core.network.source.LdmCheckpoint;
import org.mixdq4j.core.network.source.ModelFingerprint;
import org.mixdq4j.core.network.source.ModelSource;
import org.mixdq4j.core.progress.Progress;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.safetensors.SafetensorsWriter;
import org.mixdq4j.core.safetensors.TensorInfo;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/**
 * Writes a model as one file in the ldm layout: Linear layers that were quantized as integers in the form
 * {@link ComfyFormat int8_tensorwise}, one scale a row, and all else in FP16. Tensors are written one after the other.
 */
public final class ComfyExport {
    private final Request request;
    private final String component;
    private final Graph graph;
    private final Map<String, LayerFit> fits = new LinkedHashMap<>();
    private final QuantizedLayers layers;
    private FoldedFactors folded = FoldedFactors.none();

    /**
     * What to write.
     *
     * @param quantized empty: all in FP16
     * @param denoiserAlone without autoencoder and text encoders, and without the prefix of whole checkpoints
     * @param overwrite whether to replace a file that is there
     */
    public record Request(
            ModelSource model,
            Optional<QuantizedCheckpoint> quantized,
            boolean denoiserAlone,
            boolean overwrite,
            Path out) {}

    /**
     * What was written.
     *
     * @param integers layers with integer weights
     * @param floats quantized layers written in float, by the reason
     * @param changes layers whose arithmetic is not the checkpoint's, by what is different
     * @param folded balanced layers whose factors the norm before them makes; their arithmetic is the checkpoint's
     */
    public record Outcome(
            List<String> integers,
            Map<String, List<String>> floats,
            Map<String, List<String>> changes,
            List<String> folded,
            long bytes) {}

    public ComfyExport(Request request) {
        this.request = request;
        this.component = request.model().lists("transformer") ? "transformer" : "unet";
        this.graph =
                ComponentGraphs.of(component, request.model().config(component)).get(0);
        this.layers = request.quantized().map(QuantizedCheckpoint::layers).orElse(QuantizedLayers.NONE);
        request.quantized().ifPresent(checkpoint -> checkpoint
                .config()
                .layers()
                .forEach((id, quant) -> fits.put(id, LayerFit.of(graph.node(id), quant))));
    }

    /**
     * @throws UsageException if a file is in the way
     * @throws MixdqException if a weight is beyond what FP16 holds
     */
    public Outcome write(Progress progress) {
        Path out = request.out();
        if (Files.isDirectory(out) || Files.exists(out) && !request.overwrite()) {
            throw new UsageException(
                    "The path " + out + " exists already; give another --out, or --overwrite to replace a" + " file.");
        }
        List<String> components = request.denoiserAlone() ? List.of(component) : LdmCheckpoint.allComponents();
        try (LdmCheckpoint floats = LdmCheckpoint.open(request.model(), components)) {
            fold(floats);
            Plan plan = plan(floats);
            Map<String, TensorInfo> layout = SafetensorsWriter.aligned(plan.layout());
            progress.begin("writing " + out.getFileName(), layout.size());
            int done = 0;
            try (SafetensorsWriter writer = SafetensorsWriter.create(out, layout, metadata())) {
                for (Map.Entry<String, TensorInfo> entry : layout.entrySet()) {
                    writer.write(entry.getKey(), plan.tensor(entry.getKey(), floats));
                    progress.at(++done);
                }
                writer.finish();
            }
            progress.end();
            return outcome(plan);
        }
    }

    private Map<String, String> metadata() {
        ObjectNode origin = Json.mapper().createObjectNode();
        if (request.quantized().isPresent()) {
            origin.set("source", request.quantized().get().config().source().toJson());
            origin.set("scheme", request.quantized().get().config().scheme());
        } else {
            origin.set("source", ModelFingerprint.of(request.model()).toJson());
        }
        return Map.of("format", "pt", ComfyFormat.ORIGIN, origin.toString());
    }

    /** Name in the file to what it will be. */
    private final class Plan {
        private final Map<String, TensorInfo> layout = new TreeMap<>();
        private final Map<String, TensorMatch> integers = new LinkedHashMap<>();
        private final Map<String, String> floatNames = new LinkedHashMap<>();
        private final Set<String> stackedWithFloat = new LinkedHashSet<>();
        private final Set<String> rotatedOtherwise = new LinkedHashSet<>();

        Map<String, TensorInfo> layout() {
            return layout;
        }

        Tensor tensor(String name, LdmCheckpoint floats) {
            if (floatNames.containsKey(name)) {
                String stored = floatNames.get(name);
                if (stored.startsWith(Layouts.DENOISER) && isFolded(floats.match(stored))) {
                    return folded.into(floats.match(stored).own().get(0), floats.tensor(stored));
                }
                return half(name, floats.tensor(stored));
            }
            String module = name.substring(0, name.lastIndexOf('.'));
            TensorMatch match = integers.get(module);
            if (name.endsWith(ComfyFormat.SETTINGS)) {
                byte[] text = settings(match);
                ByteBuffer buffer =
                        ByteBuffer.allocateDirect(text.length).put(text).flip();
                return Tensor.wrap(DType.U8, Shape.of(text.length), buffer);
            }
            List<Segment> segments = match.own().stream()
                    .map(own -> layers.get(layer(own)).segments().get(0))
                    .toList();
            Tensor found = name.endsWith(ComfyFormat.SCALE)
                    ? Tensor.stack(segments.stream().map(ComfyExport::scales).toArray(Tensor[]::new))
                    : Tensor.stack(segments.stream().map(Segment::weight).toArray(Tensor[]::new));
            int rows = found.shape().dim(0);
            return match.form() == Form.HALVES_SWAPPED
                    ? Tensor.stack(found.slice(rows / 2, rows), found.slice(0, rows / 2))
                    : found;
        }
    }

    private byte[] settings(TensorMatch match) {
        return ComfyFormat.settings(rotation(layer(match.own().get(0))));
    }

    private int rotation(String id) {
        return request.quantized().orElseThrow().config().layers().get(id).rotation();
    }

    private static Tensor scales(Segment segment) {
        return Tensor.of(Shape.of(segment.weightScale().length, 1), segment.weightScale());
    }

    private static Tensor half(String name, Tensor tensor) {
        if (!tensor.dtype().isFloat() || tensor.dtype() == DType.F16) {
            return tensor;
        }
        Tensor rounded = tensor.to(DType.F16);
        ByteBuffer bits = rounded.buffer();
        while (bits.hasRemaining()) {
            if ((bits.getShort() & 0x7c00) == 0x7c00) {
                throw new MixdqException(
                        "The weight '" + name + "' holds values beyond the range of FP16, in which it is"
                                + " to be written; this model cannot be exported in that form.");
            }
        }
        return rounded;
    }

    private boolean isFolded(TensorMatch match) {
        return match.form() == Form.SAME && folded.holds(match.own().get(0));
    }

    private static String layer(String weight) {
        return weight.substring(0, weight.length() - ComfyFormat.WEIGHT.length());
    }

    /** Takes factors out of layers where the norm before them can make them. */
    private void fold(LdmCheckpoint floats) {
        Map<String, LayerFit> without = new LinkedHashMap<>();
        Set<String> alone = new LinkedHashSet<>();
        request.quantized().ifPresent(checkpoint -> checkpoint.config().layers().forEach((id, quant) -> {
            if (quant.balanced()) {
                without.put(id, LayerFit.of(graph.node(id), quant.balanced(false)));
            }
        }));
        for (String name : floats.names()) {
            if (name.startsWith(Layouts.DENOISER) && name.endsWith(ComfyFormat.WEIGHT)) {
                TensorMatch match = floats.match(name);
                if (match.form() == Form.SAME) {
                    alone.add(layer(match.own().get(0)));
                }
            }
        }
        folded = FoldedFactors.of(
                graph, layers, id -> without.containsKey(id) && without.get(id).fits() && alone.contains(id));
        folded.layers().forEach(id -> fits.put(id, without.get(id)));
    }

    private Plan plan(LdmCheckpoint floats) {
        Plan plan = new Plan();
        for (String name : floats.names()) {
            boolean denoiser = name.startsWith(Layouts.DENOISER);
            String written = request.denoiserAlone() ? name.substring(Layouts.DENOISER.length()) : name;
            if (denoiser && written.endsWith(ComfyFormat.WEIGHT) && isInteger(plan, floats.match(name))) {
                String module = layer(written);
                Shape shape = floats.shape(name);
                plan.integers.put(module, floats.match(name));
                plan.layout.put(written, new TensorInfo(DType.I8, shape));
                plan.layout.put(module + ComfyFormat.SCALE, new TensorInfo(DType.F32, Shape.of(shape.dim(0), 1)));
                plan.layout.put(
                        module + ComfyFormat.SETTINGS,
                        new TensorInfo(DType.U8, Shape.of(settings(floats.match(name)).length)));
            } else {
                DType type = denoiser && isFolded(floats.match(name))
                        ? DType.F32
                        : floats.dtype(name).isFloat() ? DType.F16 : floats.dtype(name);
                plan.floatNames.put(written, name);
                plan.layout.put(written, new TensorInfo(type, floats.shape(name)));
            }
        }
        return plan;
    }

    /** A stack can be of integers only if all its layers are, and read one input. */
    private boolean isInteger(Plan plan, TensorMatch match) {
        boolean plain =
                match.form() == Form.SAME || match.form() == Form.STACKED || match.form() == Form.HALVES_SWAPPED;
        List<String> ids = match.own().stream().map(ComfyExport::layer).toList();
        long fitting = ids.stream()
                .filter(id -> fits.containsKey(id) && fits.get(id).fits())
                .count();
        if (fitting > 0 && fitting < ids.size()) {
            ids.stream().filter(fits::containsKey).forEach(plan.stackedWithFloat::add);
        }
        boolean alike = fitting < ids.size()
                || ids.stream().mapToInt(this::rotation).distinct().count() == 1;
        if (!alike) {
            plan.rotatedOtherwise.addAll(ids);
        }
        return plain && fitting == ids.size() && alike;
    }

    private Outcome outcome(Plan plan) {
        Set<String> integers = new LinkedHashSet<>();
        plan.integers.values().forEach(match -> match.own().forEach(own -> integers.add(layer(own))));
        Map<String, List<String>> floats = new TreeMap<>();
        Map<String, List<String>> changes = new TreeMap<>();
        fits.forEach((id, fit) -> {
            if (!integers.contains(id)) {
                String reason = fit.obstacle()
                        .orElse(
                                plan.stackedWithFloat.contains(id)
                                        ? "stored with a layer in float"
                                        : plan.rotatedOtherwise.contains(id)
                                                ? "stored with a layer rotated otherwise"
                                                : "form of the tensor");
                floats.computeIfAbsent(reason, any -> new ArrayList<>()).add(id);
            } else {
                fit.changes().forEach(change -> changes.computeIfAbsent(change, any -> new ArrayList<>())
                        .add(id));
            }
        });
        request.quantized().ifPresent(checkpoint -> {
            if (!request.denoiserAlone() && !checkpoint.encoders().isEmpty()) {
                floats.put("text encoders, which the form leaves in float", checkpoint.encoders());
            }
        });
        return new Outcome(
                List.copyOf(integers), floats, changes, List.copyOf(folded.layers()), Folders.size(request.out()));
    }
}
