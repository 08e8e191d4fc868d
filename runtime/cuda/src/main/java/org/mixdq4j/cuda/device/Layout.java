package org.mixdq4j.cuda.device;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** Where the fields of a C structure lie: each at the next multiple of its size. The compiler is asked whether it agrees. */
public final class Layout {
    /** Types of fields. */
    public enum Type {
        POINTER(8, 8),
        S32(4, 4),
        S64(8, 8),
        F32(4, 4),
        MAP(TensorMap.BYTES, 64);

        final int bytes;
        final int alignment;

        Type(int bytes, int alignment) {
            this.bytes = bytes;
            this.alignment = alignment;
        }
    }

    /** A field. @param at its first byte */
    public record Field(Type type, int at) {}

    private final String struct;
    private final Map<String, Field> fields = new LinkedHashMap<>();
    private int end;
    private int alignment = 8;

    /** @param struct its name in the source */
    public Layout(String struct) {
        this.struct = struct;
    }

    public Layout pointers(String... names) {
        return add(Type.POINTER, names);
    }

    public Layout s32(String... names) {
        return add(Type.S32, names);
    }

    public Layout s64(String... names) {
        return add(Type.S64, names);
    }

    public Layout f32(String... names) {
        return add(Type.F32, names);
    }

    public Layout maps(String... names) {
        return add(Type.MAP, names);
    }

    /** Up to the next multiple, where a structure within this one begins or ends. */
    public Layout align(int to) {
        end = (end + to - 1) / to * to;
        alignment = Math.max(alignment, to);
        return this;
    }

    private Layout add(Type type, String... names) {
        for (String name : names) {
            align(type.alignment);
            if (fields.put(name, new Field(type, end)) != null) {
                throw new IllegalArgumentException(struct + " has two fields " + name);
            }
            end += type.bytes;
        }
        return this;
    }

    public String struct() {
        return struct;
    }

    public Field field(String name) {
        Field field = fields.get(name);
        if (field == null) {
            throw new IllegalArgumentException(struct + " has no field " + name + ", only " + fields.keySet());
        }
        return field;
    }

    public Map<String, Field> fields() {
        return Collections.unmodifiableMap(fields);
    }

    /** All of it. */
    public int bytes() {
        return (end + alignment - 1) / alignment * alignment;
    }

    /**
     * Lines of C that do not compile where the structure lies otherwise. NVRTC knows no offsetof; what that is made of where
     * both compilers come from, it knows.
     */
    public String assertions() {
        StringBuilder lines = new StringBuilder();
        fields.forEach((name, field) -> lines.append("static_assert(__INTADDR__(&((")
                .append(struct)
                .append("*)0)->")
                .append(name)
                .append(") == ")
                .append(field.at())
                .append(", \"")
                .append(struct)
                .append('.')
                .append(name)
                .append("\");\n"));
        lines.append("static_assert(sizeof(").append(struct).append(") == ").append(bytes());
        return lines.append(", \"").append(struct).append("\");\n").toString();
    }
}
