package org.mixdq4j.cpu.onednn;

import static org.bytedeco.dnnl.global.dnnl.*;

import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.dnnl.dnnl_exec_arg_t;
import org.bytedeco.dnnl.dnnl_memory;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_primitive;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerPointer;

/** A compiled oneDNN operation with its arguments bound; their memories may be exchanged, not their layouts. */
public final class Primitive implements Resources.Native {
    private final dnnl_primitive primitive = new dnnl_primitive();
    private final dnnl_exec_arg_t arguments;
    private final int count;
    private final String implementation;

    private Primitive(dnnl_primitive_desc description, Map<Integer, dnnl_memory> bound) {
        implementation = implementation(description);
        OneDnn.check(dnnl_primitive_create(primitive, description), "compile " + implementation);
        count = bound.size();
        arguments = new dnnl_exec_arg_t(count);
        int index = 0;
        for (Map.Entry<Integer, dnnl_memory> argument : bound.entrySet()) {
            arguments.position(index++).arg(argument.getKey()).memory(argument.getValue());
        }
        arguments.position(0);
    }

    public void execute() {
        OneDnn library = OneDnn.get();
        OneDnn.check(dnnl_primitive_execute(primitive, library.stream(), count, arguments), "run " + implementation);
        OneDnn.check(dnnl_stream_wait(library.stream()), "finish " + implementation);
    }

    /** The kernel oneDNN chose, as it names it. */
    public String implementation() {
        return implementation;
    }

    @Override
    public void close() {
        arguments.close();
        dnnl_primitive_destroy(primitive);
    }

    public static String implementation(dnnl_primitive_desc description) {
        try (PointerPointer<BytePointer> name = new PointerPointer<>(1)) {
            OneDnn.check(dnnl_primitive_desc_query(description, dnnl_query_impl_info_str, 0, name), "name its kernel");
            return name.get(BytePointer.class, 0).getString();
        }
    }

    /**
     * Copies {@code from} to {@code to}, changing layout and type; both are row of equal extents.
     *
     * @param divided whether large copies use all threads
     * @param attributes may be null
     */
    public static Primitive reorder(
            NativeMemory from, NativeMemory to, boolean divided, Attributes attributes, Binding binding) {
        OpenMp.plan(divided && OpenMp.worthDividingCopy(from));
        dnnl_primitive_desc description = new dnnl_primitive_desc();
        OneDnn library = OneDnn.get();
        OneDnn.check(
                dnnl_reorder_primitive_desc_create(
                        description,
                        from.layout(),
                        library.engine(),
                        to.layout(),
                        library.engine(),
                        attributes == null ? null : attributes.handle()),
                "plan a change of layout");
        return binding.bind(DNNL_ARG_FROM, from).bind(DNNL_ARG_TO, to).compile(description);
    }

    /** Whether there is more than loops over single elements for {@link #reorder} with the same arguments. */
    public static boolean reorders(NativeMemory from, NativeMemory to) {
        dnnl_primitive_desc description = new dnnl_primitive_desc();
        OneDnn library = OneDnn.get();
        int status = dnnl_reorder_primitive_desc_create(
                description, from.layout(), library.engine(), to.layout(), library.engine(), null);
        if (status != dnnl_success) {
            return false;
        }
        try {
            return implementation(description).startsWith("jit");
        } finally {
            dnnl_primitive_desc_destroy(description);
        }
    }

    /** The layout in which {@code description} wants an argument. */
    public static dnnl_memory_desc layout(dnnl_primitive_desc description, int argument) {
        return dnnl_primitive_desc_query_md(description, dnnl_query_exec_arg_md, argument);
    }

    /** Arguments by number. */
    public static final class Binding {
        private final Map<Integer, dnnl_memory> bound = new LinkedHashMap<>();

        public Binding bind(int argument, NativeMemory memory) {
            bound.put(argument, memory.memory());
            return this;
        }

        /**
         * Compiles and releases {@code description}, which ends what {@link OpenMp#plan} began.
         */
        public Primitive compile(dnnl_primitive_desc description) {
            try {
                return new Primitive(description, bound);
            } finally {
                dnnl_primitive_desc_destroy(description);
                OpenMp.planned();
            }
        }
    }
}
