package org.mixdq4j.core.network.layout;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.network.layout.TensorMatch.Form;
import org.mixdq4j.core.safetensors.StoredWeights;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/**
 * The weights of one network under our names, seen in files of a foreign layout. Tensors are read when they are asked for:
 * parts of a stack and whole tensors are views of the mapped file, exchanged halves and transposed matrices are copies. What
 * the files do not hold is not among the names. Closes the files with it.
 */
public final class OwnView implements StoredWeights {
    private final StoredWeights files;
    private final Map<String, Place> places;

    /** Where a tensor lies. @param part which one of a stack */
    private record Place(TensorMatch match, int part) {}

    /** The identity matrices that stand for left-out tensors. */
    private final Map<String, Tensor> computed = new LinkedHashMap<>();

    /** What lies beside the tensors in the files, such as their scales, by its name there. */
    private final Set<String> beside = new LinkedHashSet<>();

    /**
     * @param prefix of the network's tensors in the files
     * @param expected shapes by our names: those of tensors that the files may leave out
     */
    public OwnView(StoredWeights files, String prefix, List<TensorMatch> matches, Map<String, Shape> expected) {
        this.files = files;
        files.storedNames().stream()
                .filter(name -> name.startsWith(prefix) && !files.contains(name))
                .forEach(beside::add);
        Map<String, Place> found = new LinkedHashMap<>();
        for (TensorMatch match : matches) {
            boolean stored = files.contains(match.foreign());
            if (!stored && match.form() == Form.SAME_OR_IDENTITY) {
                String name = match.own().get(0);
                computed.put(name, identity(expected.get(name)));
            }
            for (int i = 0; i < match.own().size(); i++) {
                if (stored || computed.containsKey(match.own().get(i))) {
                    found.put(match.own().get(i), new Place(match, i));
                }
            }
        }
        this.places = Collections.unmodifiableMap(found);
    }

    private static Tensor identity(Shape shape) {
        float[] values = new float[Math.toIntExact(shape.elements())];
        for (int i = 0; i < Math.min(shape.dim(0), shape.dim(1)); i++) {
            values[i * shape.dim(1) + i] = 1;
        }
        return Tensor.of(shape, values);
    }

    @Override
    public Set<String> names() {
        return places.keySet();
    }

    @Override
    public Set<String> storedNames() {
        Set<String> all = new LinkedHashSet<>(names());
        all.addAll(beside);
        return all;
    }

    @Override
    public DType dtype(String name) {
        return computed.containsKey(name) ? DType.F32 : files.dtype(foreign(name));
    }

    @Override
    public Shape shape(String name) {
        return computed.containsKey(name) ? computed.get(name).shape() : shape(place(name));
    }

    private Shape shape(Place place) {
        Shape stored = files.shape(place.match().foreign());
        return switch (place.match().form()) {
            case SAME, SAME_OR_IDENTITY -> stored;
            case POINTWISE -> pointwise(stored);
            case TRANSPOSED -> {
                require(place, stored, stored.rank() == 2, "a matrix");
                yield Shape.of(stored.dim(1), stored.dim(0));
            }
            case STACKED -> {
                int parts = place.match().own().size();
                require(place, stored, stored.rank() > 0 && stored.dim(0) % parts == 0, parts + " equal parts");
                yield stored.with(0, stored.dim(0) / parts);
            }
            case HALVES_SWAPPED -> {
                require(place, stored, stored.rank() > 0 && stored.dim(0) % 2 == 0, "two equal halves");
                yield stored;
            }
        };
    }

    /** Some writers keep matrices as matrices. */
    private static Shape pointwise(Shape stored) {
        int[] dims = stored.toArray();
        boolean kernel = dims.length > 2 && Arrays.stream(dims).skip(2).allMatch(dim -> dim == 1);
        return kernel ? Shape.of(dims[0], dims[1]) : stored;
    }

    private static void require(Place place, Shape stored, boolean fits, String expected) {
        if (!fits) {
            throw new MixdqException("The tensor '" + place.match().foreign() + "' has the shape " + stored
                    + ", expected " + expected + "; get the file from its source again.");
        }
    }

    @Override
    public Tensor tensor(String name) {
        Shape shape = shape(name);
        Tensor whole =
                switch (place(name).match().form()) {
                    case TRANSPOSED -> files.tensor(foreign(name)).transposed();
                    case STACKED, HALVES_SWAPPED -> tensor(name, 0, shape.dim(0));
                    default -> computed.containsKey(name) ? computed.get(name) : files.tensor(foreign(name));
                };
        return whole.shape().equals(shape) ? whole : whole.reshape(shape.toArray());
    }

    @Override
    public Tensor tensor(String name, int fromRow, int toRow) {
        Shape shape = shape(name);
        Objects.checkFromToIndex(fromRow, toRow, shape.dim(0));
        if (computed.containsKey(name)) {
            return computed.get(name).slice(fromRow, toRow);
        }
        Place place = place(name);
        String foreign = place.match().foreign();
        Tensor rows =
                switch (place.match().form()) {
                    case SAME, SAME_OR_IDENTITY, POINTWISE -> files.tensor(foreign, fromRow, toRow);
                    case TRANSPOSED -> files.tensor(foreign).transposed().slice(fromRow, toRow);
                    case STACKED -> {
                        int start = place.part() * shape.dim(0);
                        yield files.tensor(foreign, start + fromRow, start + toRow);
                    }
                    case HALVES_SWAPPED -> swapped(foreign, shape.dim(0) / 2, fromRow, toRow);
                };
        return rows.reshape(shape.with(0, toRow - fromRow).toArray());
    }

    private Tensor swapped(String foreign, int half, int fromRow, int toRow) {
        if (toRow <= half) {
            return files.tensor(foreign, fromRow + half, toRow + half);
        }
        if (fromRow >= half) {
            return files.tensor(foreign, fromRow - half, toRow - half);
        }
        return Tensor.stack(files.tensor(foreign, fromRow + half, 2 * half), files.tensor(foreign, 0, toRow - half));
    }

    @Override
    public String storedType(String name) {
        if (beside.contains(name)) {
            return files.storedType(name);
        }
        return computed.containsKey(name) ? DType.F32.name() : files.storedType(foreign(name));
    }

    @Override
    public long[] storedShape(String name) {
        return beside.contains(name) ? files.storedShape(name) : shape(name).toLongArray();
    }

    @Override
    public long byteSize(String name) {
        if (beside.contains(name)) {
            return files.byteSize(name);
        }
        if (computed.containsKey(name)) {
            return computed.get(name).buffer().capacity();
        }
        TensorMatch match = place(name).match();
        return files.byteSize(match.foreign()) / match.own().size();
    }

    @Override
    public ByteBuffer bytes(String name, long offset, int count) {
        Objects.checkFromIndexSize(offset, count, byteSize(name));
        if (beside.contains(name)) {
            return files.bytes(name, offset, count);
        }
        if (computed.containsKey(name)) {
            return computed.get(name).buffer().slice((int) offset, count);
        }
        Place place = place(name);
        String foreign = place.match().foreign();
        long size = byteSize(name);
        return switch (place.match().form()) {
            case SAME, SAME_OR_IDENTITY, POINTWISE -> files.bytes(foreign, offset, count);
            case STACKED -> files.bytes(foreign, place.part() * size + offset, count);
            case HALVES_SWAPPED -> {
                ByteBuffer whole = ByteBuffer.allocate(Math.toIntExact(size));
                int half = (int) (size / 2);
                whole.put(files.bytes(foreign, half, half)).put(files.bytes(foreign, 0, half));
                yield whole.slice((int) offset, count);
            }
            case TRANSPOSED -> {
                yield transposed(files.bytes(foreign, 0, Math.toIntExact(size)), shape(name))
                        .slice((int) offset, count);
            }
        };
    }

    /** @param shape of the result, whatever the type of its elements */
    private static ByteBuffer transposed(ByteBuffer stored, Shape shape) {
        ByteBuffer result = ByteBuffer.allocate(stored.remaining());
        byte[] element = new byte[(int) (stored.remaining() / shape.elements())];
        for (int row = 0; row < shape.dim(0); row++) {
            for (int column = 0; column < shape.dim(1); column++) {
                stored.get((column * shape.dim(0) + row) * element.length, element);
                result.put(element);
            }
        }
        return result;
    }

    private String foreign(String name) {
        return place(name).match().foreign();
    }

    private Place place(String name) {
        Place place = places.get(name);
        if (place == null) {
            throw new MixdqException("The weights have no tensor '" + name + "' among their " + places.size()
                    + "; check that they belong to this model.");
        }
        return place;
    }

    @Override
    public void close() {
        files.close();
    }
}
