package org.mixdq4j.core.quant;

import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * Quantized layers by id that are made whenever they are asked for and not kept, so that of a network that would not fit
 * memory twice one layer at a time is there twice. Whoever asks again pays again: ask once a layer.
 */
public final class LayersOnDemand extends AbstractMap<String, QuantizedLayer> {
    private final Set<String> ids;
    private final Function<String, QuantizedLayer> maker;

    /**
     * @param ids of the layers, in the order of iteration
     * @param maker gives the layer with an id; the same one, but for its identity, at every call
     */
    public LayersOnDemand(Set<String> ids, Function<String, QuantizedLayer> maker) {
        this.ids = Collections.unmodifiableSet(new LinkedHashSet<>(ids));
        this.maker = maker;
    }

    @Override
    public QuantizedLayer get(Object id) {
        return ids.contains(id) ? maker.apply((String) id) : null;
    }

    @Override
    public boolean containsKey(Object id) {
        return ids.contains(id);
    }

    @Override
    public Set<String> keySet() {
        return ids;
    }

    @Override
    public int size() {
        return ids.size();
    }

    /** Entries make their layer when their value is asked for. */
    @Override
    public Set<Entry<String, QuantizedLayer>> entrySet() {
        return new AbstractSet<>() {
            @Override
            public Iterator<Entry<String, QuantizedLayer>> iterator() {
                return ids.stream()
                        .<Entry<String, QuantizedLayer>>map(OnDemand::new)
                        .iterator();
            }

            @Override
            public int size() {
                return ids.size();
            }
        };
    }

    private final class OnDemand implements Map.Entry<String, QuantizedLayer> {
        private final String id;

        OnDemand(String id) {
            this.id = id;
        }

        @Override
        public String getKey() {
            return id;
        }

        @Override
        public QuantizedLayer getValue() {
            return maker.apply(id);
        }

        @Override
        public QuantizedLayer setValue(QuantizedLayer layer) {
            throw new UnsupportedOperationException("a layer made on demand cannot be replaced");
        }
    }
}
