package org.mixdq4j.core.network.source;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.function.BiConsumer;
import org.mixdq4j.core.network.layout.Layout;

/**
 * One component in a file of a foreign layout.
 *
 * @param component what diffusers calls it
 * @param file where it lies
 * @param prefix what its tensors' names begin with
 * @param layout how its tensors are named behind the prefix
 * @param sizes corrects a configuration of the family by the tensors
 */
record FilePart(
        String component, Path file, String prefix, Layout layout, BiConsumer<ObjectNode, TensorShapes> sizes) {}
