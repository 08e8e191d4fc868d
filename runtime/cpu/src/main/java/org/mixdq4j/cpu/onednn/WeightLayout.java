package org.mixdq4j.cpu.onednn;

import static org.bytedeco.dnnl.global.dnnl.dnnl_blocked;
import static org.bytedeco.dnnl.global.dnnl.dnnl_memory_desc_get_size;
import static org.bytedeco.dnnl.global.dnnl.dnnl_memory_desc_query;
import static org.bytedeco.dnnl.global.dnnl.dnnl_query_format_kind;
import static org.bytedeco.dnnl.global.dnnl.dnnl_query_inner_blks;
import static org.bytedeco.dnnl.global.dnnl.dnnl_query_inner_idxs;
import static org.bytedeco.dnnl.global.dnnl.dnnl_query_inner_nblks_s32;
import static org.bytedeco.dnnl.global.dnnl.dnnl_query_padded_dims;
import static org.bytedeco.dnnl.global.dnnl.dnnl_query_strides;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.PointerPointer;
import org.mixdq4j.cpu.packed.TiledLayout;
import org.mixdq4j.cpu.packed.TiledLayout.Axis;
import org.mixdq4j.cpu.packed.TiledLayout.Digit;

/**
 * What a kernel's weight layout looks like: {@code bytes} of signed integers in some order without gaps, padding included,
 * and {@code tail} bytes that a change of layout computed from them (oneDNN's compensation of the zero point).
 *
 * @param tiles the order of the integers; empty if it is not one of tiles
 */
public record WeightLayout(int bytes, int tail, Optional<TiledLayout> tiles) {
    /** What one of the weights' axes counts. */
    public record Meaning(Axis axis, int step) {}

    /** A place value: {@code stride} bytes to the next. */
    private record Place(Digit digit, long stride) {}

    /** @param axes of the weights in their order. @return empty for a layout that has gaps or that oneDNN does not tell */
    public static Optional<WeightLayout> of(dnnl_memory_desc layout, List<Meaning> axes) {
        if (number(layout, dnnl_query_format_kind) != dnnl_blocked) {
            return Optional.empty();
        }
        List<Place> places = places(layout, axes);
        long bytes = 1;
        for (int i = places.size() - 1; i >= 0; i--) {
            if (places.get(i).stride != bytes) {
                return Optional.empty();
            }
            bytes *= places.get(i).digit.extent();
        }
        long tail = dnnl_memory_desc_get_size(layout) - bytes;
        if (bytes + tail > Integer.MAX_VALUE) {
            return Optional.empty();
        }
        return Optional.of(new WeightLayout(
                (int) bytes, (int) tail, tiles(places.stream().map(Place::digit).toList())));
    }

    /** The slowest first. */
    private static List<Place> places(dnnl_memory_desc layout, List<Meaning> axes) {
        int count = number(layout, dnnl_query_inner_nblks_s32);
        long[] padded = numbers(layout, dnnl_query_padded_dims, axes.size());
        long[] strides = numbers(layout, dnnl_query_strides, axes.size());
        long[] blocks = numbers(layout, dnnl_query_inner_blks, count);
        long[] blockAxes = numbers(layout, dnnl_query_inner_idxs, count);
        List<Place> places = new ArrayList<>();
        long[] steps = axes.stream().mapToLong(Meaning::step).toArray();
        long stride = 1;
        for (int i = count - 1; i >= 0; i--) {
            int axis = (int) blockAxes[i];
            places.add(place(axes.get(axis), blocks[i], steps[axis], stride));
            steps[axis] *= blocks[i];
            padded[axis] /= blocks[i];
            stride *= blocks[i];
        }
        for (int axis = 0; axis < padded.length; axis++) {
            places.add(place(axes.get(axis), padded[axis], steps[axis], strides[axis]));
        }
        places.removeIf(place -> place.digit.extent() == 1);
        places.sort(Comparator.comparingLong(Place::stride).reversed());
        return places;
    }

    private static Place place(Meaning meaning, long extent, long step, long stride) {
        return new Place(new Digit(meaning.axis, Math.toIntExact(extent), Math.toIntExact(step)), stride);
    }

    /** The fastest digits are a tile's: outputs, or outputs with some inputs each. */
    private static Optional<TiledLayout> tiles(List<Digit> digits) {
        int rest = digits.size();
        int lanes = 1;
        if (rest > 0 && digits.get(rest - 1).axis() == Axis.INPUT) {
            lanes = digits.get(--rest).extent();
        }
        if (rest == 0 || digits.get(rest - 1).axis() != Axis.OUTPUT) {
            return Optional.empty();
        }
        int outputs = digits.get(--rest).extent();
        boolean whole = Long.BYTES % lanes == 0 && (long) outputs * lanes % Long.BYTES == 0;
        return whole ? Optional.of(new TiledLayout(digits.subList(0, rest), outputs, lanes)) : Optional.empty();
    }

    private static int number(dnnl_memory_desc layout, int what) {
        try (IntPointer value = new IntPointer(1)) {
            OneDnn.check(dnnl_memory_desc_query(layout, what, value), "describe a layout");
            return value.get();
        }
    }

    private static long[] numbers(dnnl_memory_desc layout, int what, int count) {
        long[] values = new long[count];
        try (PointerPointer<LongPointer> found = new PointerPointer<>(1)) {
            OneDnn.check(dnnl_memory_desc_query(layout, what, found), "describe a layout");
            if (count > 0) {
                found.get(LongPointer.class, 0).get(values);
            }
        }
        return values;
    }
}
