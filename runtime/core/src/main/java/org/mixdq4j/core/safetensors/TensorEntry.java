package org.mixdq4j.core.safetensors;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;

/**
 * One tensor as the header describes it.
 *
 * @param storedType the name of the element type, which may be one this project does not read
 * @param begin first byte, counted from the start of the data
 * @param end one past the last byte
 */
record TensorEntry(String name, String storedType, long[] dims, long begin, long end) {

    long bytes() {
        return end - begin;
    }

    Optional<DType> knownType() {
        return DType.ofName(storedType);
    }

    /** @param file names the file in the failure */
    DType dtype(Object file) {
        return knownType().orElseThrow(() -> {
            String supported = Stream.concat(
                            Arrays.stream(DType.values()).map(DType::name),
                            Arrays.stream(Float8.values()).map(Float8::name))
                    .collect(Collectors.joining(", "));
            return new MixdqException(file + ": tensor '" + name + "' has the type " + storedType
                    + ", which is not supported; get the weights in one of " + supported);
        });
    }

    /** @param file names the file in the failure */
    Shape shape(Object file) {
        int[] extents = new int[dims.length];
        for (int i = 0; i < dims.length; i++) {
            if (dims[i] > Integer.MAX_VALUE) {
                throw new MixdqException(file + ": tensor '" + name + "' of shape " + Arrays.toString(dims)
                        + " has an axis longer than " + Integer.MAX_VALUE + "; reshape it to shorter axes");
            }
            extents[i] = (int) dims[i];
        }
        return Shape.of(extents);
    }
}
