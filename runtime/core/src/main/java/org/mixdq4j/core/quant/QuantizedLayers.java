package org.mixdq4j.core.quant;

import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Function;

/**
 * The quantized layers of a network. They may be made whenever they are asked for and not kept, so that of a network that
 * would not fit memory twice one layer at a time is there twice: whoever asks again may pay again, so ask once a layer.
 */
public interface QuantizedLayers {
    /** A network in float. */
    QuantizedLayers NONE = of(Map.of());

    /** Ids of the layers, in a fixed order. Unmodifiable. */
    Set<String> ids();

    /** The layer; the same one, but for its identity, at every call. @throws IllegalArgumentException if it is none of {@link #ids} */
    QuantizedLayer get(String id);

    /**
     * How a layer is computed, as {@link LayerForm#of} says it of {@link #get}. Cheap where layers come from a file that can
     * tell it without their weights. @throws IllegalArgumentException as {@link #get} does
     */
    default LayerForm form(String id) {
        return LayerForm.of(get(id));
    }

    /** Asks for each once, in order. */
    default void forEach(BiConsumer<String, QuantizedLayer> consumer) {
        ids().forEach(id -> consumer.accept(id, get(id)));
    }

    /** Those but some. @param left ids, of these layers or others */
    default QuantizedLayers without(Collection<String> left) {
        Set<String> ids = new LinkedHashSet<>(ids());
        ids.removeAll(Set.copyOf(left));
        return of(ids, this::get, this::form);
    }

    /** Layers in memory, as they are now. */
    static QuantizedLayers of(Map<String, QuantizedLayer> layers) {
        Map<String, QuantizedLayer> held = new LinkedHashMap<>(layers);
        return of(held.keySet(), held::get);
    }

    /**
     * Layers made on demand.
     *
     * @param ids of the layers, in order
     * @param maker gives the layer with an id
     */
    static QuantizedLayers of(Set<String> ids, Function<String, QuantizedLayer> maker) {
        return of(ids, maker, id -> LayerForm.of(maker.apply(id)));
    }

    /**
     * Layers made on demand whose forms are known without making them.
     *
     * @param former gives the form of the layer that {@code maker} makes
     */
    static QuantizedLayers of(
            Set<String> ids, Function<String, QuantizedLayer> maker, Function<String, LayerForm> former) {
        Set<String> fixed = Collections.unmodifiableSet(new LinkedHashSet<>(ids));
        return new QuantizedLayers() {
            @Override
            public Set<String> ids() {
                return fixed;
            }

            @Override
            public QuantizedLayer get(String id) {
                return maker.apply(known(id));
            }

            @Override
            public LayerForm form(String id) {
                return former.apply(known(id));
            }

            private String known(String id) {
                if (!fixed.contains(id)) {
                    throw new IllegalArgumentException("'" + id + "' is no quantized layer");
                }
                return id;
            }
        };
    }
}
