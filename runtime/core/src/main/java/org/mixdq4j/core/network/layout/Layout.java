package org.mixdq4j.core.network.layout;

import java.util.Collection;
import java.util.List;

/** How a foreign layout stores one kind of network. What depends on a network's size follows from its parameters' names. */
@FunctionalInterface
public interface Layout {
    /** @param own names of a network's parameters, as diffusers and transformers have them */
    List<TensorMatch> match(Collection<String> own);

    /** The same with {@code prefix} before every foreign name. */
    default Layout under(String prefix) {
        return own -> match(own).stream().map(match -> match.prefixed(prefix)).toList();
    }

    /** The names transformers gives. */
    static Layout same() {
        return own -> own.stream()
                .map(name -> TensorMatch.of(TensorMatch.Form.SAME, name, name))
                .toList();
    }
}
