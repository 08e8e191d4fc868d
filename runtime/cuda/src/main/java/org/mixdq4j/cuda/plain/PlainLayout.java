package org.mixdq4j.cuda.plain;

import org.mixdq4j.cuda.device.Layout;
import org.mixdq4j.cuda.finish.Finish;

/** Arguments of {@code plain_product.cu}. */
final class PlainLayout {
    /** Most parts that a product's input may have. */
    static final int PARTS = 8;

    static final int THREADS = 256;
    /** Columns that a block computes, one a warp. */
    static final int COLUMNS = 8;
    /** Of {@code shortProduct}: rows and columns that a block computes, and most products of an element. */
    static final int SHORT_ROWS = 8;

    static final int SHORT_COLUMNS = 128;
    static final int SHORT_PRODUCTS = 256;
    /** Weights that are bytes, in macros. */
    static final int BYTES = 3;

    static final Layout LAYOUT = layout();

    private PlainLayout() {}

    private static Layout layout() {
        Layout layout = new Layout("PlainArgs");
        for (int i = 0; i < PARTS; i++) {
            String part = part(i);
            layout.pointers(part + "input", part + "weight", part + "scale", part + "weightScale", part + "rowScales")
                    .s64(part + "pitch")
                    .s32(part + "channels", part + "from", part + "type", part + "zeroPoint");
        }
        layout.pointers("bias", "firstRow", "factors", "factorsOf")
                .s64("firstRowPitch")
                .s32("parts", "columns", "outputs", "channels")
                .s32("height", "width", "outHeight", "outWidth")
                .s32("kernelHeight", "kernelWidth", "stride", "top", "left")
                .s32("firstRowType", "rowsEach", "rows");
        return Finish.append(layout, "finish");
    }

    /** What the names of a part's fields begin with. */
    static String part(int index) {
        return "part[" + index + "].";
    }
}
