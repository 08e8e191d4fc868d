package org.mixdq4j.cpu.product;

import static org.bytedeco.dnnl.global.dnnl.*;

import org.mixdq4j.core.tensor.DType;

/** oneDNN's names of element types. */
final class Types {
    private Types() {}

    static int of(DType type) {
        return switch (type) {
            case F32 -> dnnl_f32;
            case BF16 -> dnnl_bf16;
            case F16 -> dnnl_f16;
            case U8 -> dnnl_u8;
            case I8 -> dnnl_s8;
            case I32 -> dnnl_s32;
            default -> throw new IllegalArgumentException("no product reads or writes " + type);
        };
    }
}
