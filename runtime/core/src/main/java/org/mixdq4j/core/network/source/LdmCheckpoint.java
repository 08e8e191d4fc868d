package org.mixdq4j.core.network.source;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.network.CheckpointNames;
import org.mixdq4j.core.network.layout.ForeignView;
import org.mixdq4j.core.network.layout.Layout;
import org.mixdq4j.core.network.layout.Layouts;
import org.mixdq4j.core.network.layout.TensorMatch;
import org.mixdq4j.core.safetensors.StoredWeights;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;

/** A model's components as the tensors of one checkpoint in the ldm layout, made when they are asked for. */
public final class LdmCheckpoint implements WeightSource, AutoCloseable {
    private final List<StoredWeights> opened = new ArrayList<>();
    private final Map<String, ForeignView> views = new LinkedHashMap<>();

    private LdmCheckpoint() {}

    /**
     * @param components which to include; those the model does not have are left out
     * @throws MixdqException if such checkpoints have no place for one
     */
    public static LdmCheckpoint open(ModelSource model, Collection<String> components) {
        LdmCheckpoint made = new LdmCheckpoint();
        try {
            for (String component : components) {
                if (model.has(component)) {
                    made.add(model, component);
                }
            }
            return made;
        } catch (RuntimeException e) {
            made.close();
            throw e;
        }
    }

    /** Everything such a checkpoint holds: denoiser, autoencoder, text encoders. */
    public static List<String> allComponents() {
        return List.of("unet", "transformer", "vae", "text_encoder", "text_encoder_2", "text_encoder_3");
    }

    private void add(ModelSource model, String component) {
        Layout layout = layout(model, component);
        StoredWeights weights = model.weights(component);
        opened.add(weights);
        for (Graph graph : ComponentGraphs.of(component, model.config(component))) {
            WeightSource own = CheckpointNames.adapt(weights, graph);
            ForeignView view = new ForeignView(own, layout.match(own.names()));
            view.names().forEach(name -> views.putIfAbsent(name, view));
        }
    }

    /** Where a component's tensors go. */
    public static Layout layout(ModelSource model, String component) {
        // The text encoder of SD2 is the one of OpenCLIP, known by its activation.
        boolean openClip = model.has("text_encoder")
                && component.equals("text_encoder")
                && !model.config(component)
                        .path("hidden_act")
                        .asText("quick_gelu")
                        .equals("quick_gelu");
        Layout layout = Layouts.checkpoint(model.pipelineClass(), component, openClip);
        if (layout == null) {
            throw new MixdqException("A checkpoint in one file has no place for the '" + component + "' of " + model
                    + ", a " + model.pipelineClass() + "; leave it out.");
        }
        return layout;
    }

    @Override
    public Set<String> names() {
        return Collections.unmodifiableSet(views.keySet());
    }

    @Override
    public Tensor tensor(String name) {
        return view(name).tensor(name);
    }

    @Override
    public DType dtype(String name) {
        return view(name).dtype(name);
    }

    @Override
    public Shape shape(String name) {
        return view(name).shape(name);
    }

    /** The tensors of the model that {@code name} holds. */
    public TensorMatch match(String name) {
        return view(name).match(name);
    }

    private ForeignView view(String name) {
        ForeignView view = views.get(name);
        if (view == null) {
            throw new MixdqException(
                    "The checkpoint has no tensor '" + name + "' among its " + views.size() + "; check the name.");
        }
        return view;
    }

    @Override
    public void close() {
        opened.forEach(StoredWeights::close);
    }
}
