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

    /** Asks for each once, in order. */
    default void forEach(BiConsumer<String, QuantizedLayer> consumer) {
        ids().forEach(id -> consumer.accept(id, get(id)));
    }

    /** Those but some. @param left ids, of these layers or others */
    default QuantizedLayers without(Collection<String> left) {
        Set<String> ids = new LinkedHashSet<>(ids());
        ids.removeAll(Set.copyOf(left));
        return of(ids, this::get);
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
        Set<String> fixed = Collections.unmodifiableSet(new LinkedHashSet<>(ids));
        return new QuantizedLayers() {
            @Override
            public Set<String> ids() {
                return fixed;
            }

            @Override
            public QuantizedLayer get(String id) {
                if (!fixed.contains(id)) {
                    throw new IllegalArgumentException("'" + id + "' is no quantized layer");
                }
                return maker.apply(id);
            }
        };
    }
}
