package org.mixdq4j.core.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/** A map whose layers are made when asked for, and only then. */
class LayersOnDemandTest {
    private final List<String> made = new ArrayList<>();
    private final Map<String, QuantizedLayer> layers =
            new LayersOnDemand(new LinkedHashSet<>(List.of("b", "a", "c")), this::make);

    private QuantizedLayer make(String id) {
        made.add(id);
        Segment whole = new Segment(0, 1, Tensor.of(Shape.of(1, 1), id.charAt(0)), null, Optional.empty());
        return new QuantizedLayer(List.of(whole), Optional.empty(), false);
    }

    @Test
    void whatDoesNotNeedLayersMakesNone() {
        assertThat(layers.keySet()).containsExactly("b", "a", "c");
        assertThat(layers).hasSize(3).containsKey("a").doesNotContainKey("d");
        assertThat(layers.get("d")).isNull();
        assertThat(made).isEmpty();
    }

    @Test
    void eachIsMadeAtEveryCall() {
        assertThat(layers.get("a")).isNotNull();
        assertThat(layers.get("a")).isNotNull();
        assertThat(made).containsExactly("a", "a");
    }

    @Test
    void iterationMakesThemInOrder() {
        List<Float> seen = new ArrayList<>();
        layers.forEach((id, layer) -> seen.add(layer.segments().get(0).weight().toFloatArray()[0]));
        assertThat(seen).containsExactly((float) 'b', (float) 'a', (float) 'c');
        assertThat(made).containsExactly("b", "a", "c");
    }

    @Test
    void cannotBeChanged() {
        assertThatThrownBy(() -> layers.remove("a")).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> layers.put("a", null)).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> layers.entrySet().iterator().next().setValue(null))
                .isInstanceOf(UnsupportedOperationException.class);
    }
}
