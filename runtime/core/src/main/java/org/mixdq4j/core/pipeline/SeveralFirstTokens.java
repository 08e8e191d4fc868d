package org.mixdq4j.core.pipeline;

import java.util.List;
import java.util.Optional;
import org.mixdq4j.core.quant.LayerForm;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.quant.Segment;

/**
 * BOS-aware layers for texts of several chunks, each of which begins with a first token. Such a layer leaves row 0 in float
 * alone, and its ranges were made without such rows: it would clip the others. So all rows are left in float here; the weights
 * stay what they are.
 */
final class SeveralFirstTokens {
    private SeveralFirstTokens() {}

    static QuantizedLayers of(QuantizedLayers layers) {
        return QuantizedLayers.of(
                layers.ids(),
                id -> {
                    QuantizedLayer layer = layers.get(id);
                    return layer.bos() ? floatInput(layer) : layer;
                },
                id -> {
                    LayerForm form = layers.form(id);
                    return form.bos() ? floatInput(form) : form;
                });
    }

    private static LayerForm floatInput(LayerForm form) {
        List<LayerForm.Part> parts = form.segments().stream()
                .map(part -> new LayerForm.Part(part.from(), part.to(), Optional.empty()))
                .toList();
        return new LayerForm(parts, form.weightBits(), false, form.factors(), form.rotation());
    }

    private static QuantizedLayer floatInput(QuantizedLayer layer) {
        List<Segment> segments = layer.segments().stream()
                .map(s -> new Segment(s.from(), s.to(), s.weight(), s.weightScale(), s.code(), Optional.empty()))
                .toList();
        return new QuantizedLayer(segments, layer.bias(), false, layer.inputMultiplier(), layer.rotation());
    }
}
