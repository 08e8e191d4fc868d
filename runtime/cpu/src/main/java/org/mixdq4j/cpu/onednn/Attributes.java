package org.mixdq4j.cpu.onednn;

import static org.bytedeco.dnnl.global.dnnl.*;

import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_post_ops;
import org.bytedeco.dnnl.dnnl_primitive_attr;

/** What a primitive does besides its operation: scales and zero points, and adding to what the output holds. */
public final class Attributes implements Resources.Native {
    private final dnnl_primitive_attr attributes = new dnnl_primitive_attr();
    private final dnnl_post_ops after = new dnnl_post_ops();

    public Attributes() {
        OneDnn.check(dnnl_primitive_attr_create(attributes), "create attributes");
        OneDnn.check(dnnl_post_ops_create(after), "create post-operations");
    }

    /** Multiplies {@code argument} by float scales: one if {@code mask} is 0, else one for each entry of the axes in it. */
    public Attributes scales(int argument, int mask) {
        OneDnn.check(dnnl_primitive_attr_set_scales_mask(attributes, argument, mask), "set scales");
        return this;
    }

    /** One 32-bit zero point for {@code argument}. */
    public Attributes zeroPoint(int argument) {
        OneDnn.check(dnnl_primitive_attr_set_zero_points_mask(attributes, argument, 0), "set a zero point");
        return this;
    }

    /** Adds the result to the output instead of overwriting it. */
    public Attributes accumulate() {
        OneDnn.check(dnnl_post_ops_append_sum(after, 1f, 0, dnnl_data_type_undef), "add a sum");
        return done();
    }

    /** Then multiplies the result by a tensor whose axes are the result's or 1. @return the argument it is bound to */
    public int multiply(dnnl_memory_desc by) {
        return binary(dnnl_binary_mul, by);
    }

    /** Then adds such a tensor. */
    public int add(dnnl_memory_desc what) {
        return binary(dnnl_binary_add, what);
    }

    /** Then applies one of the library's element-wise functions. */
    public Attributes apply(int function, float alpha) {
        return apply(function, alpha, 0);
    }

    /** The same of a function with two parameters. */
    public Attributes apply(int function, float alpha, float beta) {
        OneDnn.check(dnnl_post_ops_append_eltwise(after, function, alpha, beta), "add a function");
        return done();
    }

    /** Scratch memory is the caller's, bound like an argument. */
    public Attributes ownScratch() {
        OneDnn.check(
                dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user), "set scratch memory");
        return this;
    }

    /** Integer weights are multiplied by floats. */
    public Attributes floatsOfIntegers() {
        OneDnn.check(
                dnnl_primitive_attr_set_fpmath_mode_v2(attributes, dnnl_fpmath_mode_strict, 1), "set its arithmetic");
        return this;
    }

    private int binary(int operation, dnnl_memory_desc operand) {
        int index = dnnl_post_ops_len(after);
        OneDnn.check(dnnl_post_ops_append_binary(after, operation, operand), "add an operation");
        done();
        return DNNL_ARG_ATTR_MULTIPLE_POST_OP_BASE * (index + 1) | DNNL_ARG_SRC_1;
    }

    private Attributes done() {
        OneDnn.check(dnnl_primitive_attr_set_post_ops(attributes, after), "add operations");
        return this;
    }

    public dnnl_primitive_attr handle() {
        return attributes;
    }

    @Override
    public void close() {
        dnnl_post_ops_destroy(after);
        dnnl_primitive_attr_destroy(attributes);
    }
}
