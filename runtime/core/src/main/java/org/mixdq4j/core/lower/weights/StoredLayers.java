package org.mixdq4j.core.lower.weights;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.op.ParameterSpec;
import org.mixdq4j.core.quant.LayerForm;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;

/** The weights of a network as they are stored, checked when they are read. */
public final class StoredLayers implements LayerSource {
    private final WeightSource weights;
    private final QuantizedLayers quantized;
    /** Node id to the id under which it is quantized. */
    private final Map<String, String> ids = new HashMap<>();
    /** Of graphs that were checked. */
    private final Map<String, Layer> layers = new HashMap<>();

    private final Map<String, Optional<LayerForm>> forms = new HashMap<>();

    /** @param input shape in one of the graphs */
    private record Layer(Node node, Shape input) {}

    public StoredLayers(WeightSource weights, QuantizedLayers quantized) {
        this.weights = weights;
        this.quantized = quantized;
        quantized.ids().forEach(id -> ids.put(id, id));
    }

    /** @throws MixdqException if the weights are not those of this graph */
    public void check(Graph graph) {
        for (String id : quantized.ids()) {
            if (!graph.contains(id)) {
                throw new MixdqException("There is a quantized layer '" + id + "', but " + graph.name()
                        + " has none of this name: the quantized checkpoint is of another model.");
            }
            Node node = graph.node(id);
            ids.put(node.id(), id);
            layers.put(node.id(), new Layer(node, graph.shape(node.inputs().get(0))));
        }
        for (Node node : graph.nodes()) {
            for (ParameterSpec spec : ids.containsKey(node.id())
                    ? Set.<ParameterSpec>of()
                    : Set.copyOf(node.op().parameters())) {
                String name = node.parameterName(spec);
                Shape found = weights.shape(name);
                if (!found.equals(spec.shape())) {
                    throw new MixdqException("The weight '" + name + "' has shape " + found + ", but " + graph.name()
                            + " needs " + spec.shape() + ": config.json and weights are of different models, get both"
                            + " from one checkpoint.");
                }
            }
        }
    }

    /** How a node's layer is quantized. */
    public Optional<LayerForm> form(String node) {
        return forms.computeIfAbsent(
                node, any -> Optional.ofNullable(ids.get(node)).map(id -> {
                    LayerForm form = quantized.form(id);
                    Optional.ofNullable(layers.get(node))
                            .ifPresent(layer -> LayerCheck.check(layer.node(), form, layer.input()));
                    return form;
                }));
    }

    @Override
    public Optional<QuantizedLayer> quantized(String node) {
        return Optional.ofNullable(ids.get(node)).map(id -> {
            QuantizedLayer read = quantized.get(id);
            Optional.ofNullable(layers.get(node))
                    .ifPresent(layer -> LayerCheck.check(layer.node(), read, layer.input()));
            return read;
        });
    }

    @Override
    public int outputs(String node) {
        return weights.shape(node + ".weight").dim(0);
    }

    @Override
    public Tensor weight(String node) {
        return finite(node + ".weight");
    }

    @Override
    public Optional<Tensor> bias(String node) {
        String name = node + ".bias";
        return weights.contains(name) ? Optional.of(floats(name)) : Optional.empty();
    }

    /** A parameter of a node, F32. */
    public Tensor floats(String name) {
        return finite(name).toF32();
    }

    private Tensor finite(String name) {
        Tensor tensor = weights.tensor(name);
        if (!tensor.dtype().isFloat()) {
            throw new MixdqException(
                    "The weight '" + name + "' is of type " + tensor.dtype()
                            + ", but a floating point one is needed: give the float checkpoint, or the plan it was quantized with.");
        }
        if (!tensor.isFinite()) {
            throw new MixdqException("The weight '" + name + "' holds NaN or infinity; the file is damaged or the"
                    + " checkpoint was saved from a diverged run: get it again.");
        }
        return tensor;
    }

    public WeightSource source() {
        return weights;
    }
}
