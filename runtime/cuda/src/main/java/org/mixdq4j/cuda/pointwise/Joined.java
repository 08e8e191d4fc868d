package org.mixdq4j.cuda.pointwise;

import java.util.List;
import java.util.Map;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Epilogue;
import org.mixdq4j.cuda.bind.Binder;
import org.mixdq4j.cuda.device.Arguments;
import org.mixdq4j.cuda.device.Layout;
import org.mixdq4j.cuda.finish.Finish;

/**
 * What a step reads, as {@code joined.cuh} has it.
 *
 * @param parts side by side
 * @param geGlu whether the second half of the columns is the gate of the first
 */
public record Joined(List<View> parts, boolean geGlu) {
    /** Most parts. */
    public static final int PARTS = 4;

    public Joined {
        parts = List.copyOf(parts);
    }

    /** Of a step that begins with GEGLU or does not have it. */
    public static Joined of(List<View> inputs, List<Epilogue> then) {
        return new Joined(inputs, then.stream().anyMatch(Epilogue.GeGlu.class::isInstance));
    }

    /** Of the result. */
    public int columns() {
        int all = parts.stream().mapToInt(View::columns).sum();
        return geGlu ? all / 2 : all;
    }

    public boolean fits() {
        return parts.size() <= PARTS;
    }

    /** Whether so many columns at a time can be read as one, all of them in one part. */
    public boolean vectors(int count) {
        return columns() % count == 0
                && parts.stream()
                        .allMatch(part -> part.offset() % count == 0
                                && part.columns() % count == 0
                                && part.rowStride() % count == 0);
    }

    public void define(Map<String, Object> defines) {
        defines.put("INPUTS", parts.size());
        for (int i = 0; i < parts.size(); i++) {
            defines.put("INPUT_" + i, Finish.type(parts.get(i).value().type()));
        }
        if (geGlu) {
            defines.put("GEGLU", 1);
        }
    }

    /** A structure's field of type {@code Joined}. */
    public static Layout append(Layout layout, String field) {
        layout.align(Long.BYTES);
        for (int i = 0; i < PARTS; i++) {
            String part = field + ".part[" + i + "]";
            layout.pointers(part + ".at").s32(part + ".pitch", part + ".end");
        }
        return layout;
    }

    public void write(Arguments arguments, String field, Binder binder) {
        int end = 0;
        for (int i = 0; i < parts.size(); i++) {
            String part = field + ".part[" + i + "]";
            end += parts.get(i).columns();
            arguments
                    .pointer(part + ".at", binder.address(parts.get(i)))
                    .s32(part + ".pitch", parts.get(i).rowStride())
                    .s32(part + ".end", end);
        }
    }
}
