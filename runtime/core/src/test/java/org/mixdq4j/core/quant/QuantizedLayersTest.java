package org.mixdq4j.core.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/** Layers that are made when asked for, and only then. */
class QuantizedLayersTest {
    private final List<String> made = new ArrayList<>();
    private final QuantizedLayers layers = QuantizedLayers.of(new LinkedHashSet<>(List.of("b", "a", "c")), this::make);

    private QuantizedLayer make(String id) {
        made.add(id);
        Segment whole = new Segment(0, 1, Tensor.of(Shape.of(1, 1), id.charAt(0)), null, Optional.empty());
        return new QuantizedLayer(List.of(whole), Optional.empty(), false);
    }

    @Test
    void whatDoesNotNeedLayersMakesNone() {
        assertThat(layers.ids()).containsExactly("b", "a", "c");
        assertThat(layers.without(List.of("a", "d")).ids()).containsExactly("b", "c");
        assertThatThrownBy(() -> layers.get("d")).isInstanceOf(IllegalArgumentException.class);
        assertThat(made).isEmpty();
    }

    @Test
    void eachIsMadeAtEveryCall() {
        assertThat(layers.get("a")).isNotNull();
        assertThat(layers.without(List.of("b")).get("a")).isNotNull();
        assertThat(made).containsExactly("a", "a");
    }

    @Test
    void whatIsLeftOutIsNotThere() {
        assertThatThrownBy(() -> layers.without(List.of("b")).get("b")).isInstanceOf(IllegalArgumentException.class);
        assertThat(QuantizedLayers.NONE.ids()).isEmpty();
    }

    @Test
    void allAreMadeInOrder() {
        List<Float> seen = new ArrayList<>();
        layers.forEach((id, layer) -> seen.add(layer.segments().get(0).weight().toFloatArray()[0]));
        assertThat(seen).containsExactly((float) 'b', (float) 'a', (float) 'c');
        assertThat(made).containsExactly("b", "a", "c");
    }

    @Test
    void layersInMemoryStayAsTheyWere() {
        Map<String, QuantizedLayer> map = new LinkedHashMap<>();
        map.put("b", make("b"));
        QuantizedLayers held = QuantizedLayers.of(map);
        QuantizedLayer layer = map.remove("b");
        assertThat(held.ids()).containsExactly("b");
        assertThat(held.get("b")).isSameAs(layer).isSameAs(held.get("b"));
        assertThatThrownBy(() -> held.ids().remove("b")).isInstanceOf(UnsupportedOperationException.class);
    }
}
