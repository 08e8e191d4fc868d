package org.mixdq4j.export.comfy;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.quant.LayerQuant;

/**
 * Whether a quantized layer can be run by programs that read int8_tensorwise, and what is different then.
 *
 * @param obstacle why it has to be written in float; empty if it need not
 * @param changes what their arithmetic does otherwise than ours; empty if it does the same
 */
record LayerFit(Optional<String> obstacle, List<String> changes) {
    static LayerFit of(Node node, LayerQuant quant) {
        if (!(node.op() instanceof Linear)) {
            return new LayerFit(Optional.of("convolution"), List.of());
        }
        if (quant.weight().isEmpty()) {
            return new LayerFit(Optional.of("weight in float"), List.of());
        }
        if (quant.activation().isEmpty()) {
            return new LayerFit(Optional.of("input in float"), List.of());
        }
        if (!quant.split().isEmpty()) {
            return new LayerFit(Optional.of("split input"), List.of());
        }
        if (quant.balanced()) {
            return new LayerFit(Optional.of("balanced channels"), List.of());
        }
        List<String> changes = new ArrayList<>();
        if (!quant.dynamic()) {
            changes.add("inputs by row instead of by a fixed range");
        }
        if (quant.activation().get().bits() != 8) {
            changes.add(
                    "inputs in 8 bits instead of " + quant.activation().get().bits());
        }
        if (quant.bos()) {
            changes.add("the first token quantized like the others");
        }
        return new LayerFit(Optional.empty(), changes);
    }

    boolean fits() {
        return obstacle.isEmpty();
    }
}
