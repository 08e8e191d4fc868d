package org.mixdq4j.core.pipeline;

import java.util.List;
import java.util.Map;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.GraphInput;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/** Which input of a noise predictor holds the latents: the one that is an image. Networks give it different names. */
public final class LatentInput {
    private static final int IMAGE_RANK = 4;

    private LatentInput() {}

    /** [1, channels, height, width]. @throws MixdqException if the network has no such input, or several */
    public static Shape shape(Graph network) {
        List<GraphInput> images = network.inputs().values().stream()
                .filter(input -> input.shape().rank() == IMAGE_RANK)
                .toList();
        if (images.size() != 1) {
            throw new MixdqException("The network " + network.name() + " reads " + images.size()
                    + " images, expected one, the latents; it is not a text-to-image network of diffusers.");
        }
        return images.get(0).shape();
    }

    /** What a network read of the latents. @param inputs of one call, by name */
    public static Tensor of(Map<String, Tensor> inputs) {
        return inputs.values().stream()
                .filter(value -> value.shape().rank() == IMAGE_RANK)
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no image among " + inputs.keySet()));
    }
}
