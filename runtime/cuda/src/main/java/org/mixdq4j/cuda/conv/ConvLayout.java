package org.mixdq4j.cuda.conv;

import org.mixdq4j.cuda.device.Layout;
import org.mixdq4j.cuda.finish.Finish;

/** Arguments of the convolutions. */
final class ConvLayout {
    static final int SEGMENTS = 2;
    /** Sets of taps of a 3x3 window that lie outside. */
    static final int BORDERS = 16;

    /** Of {@code conv_mma.cu}. */
    static final Layout PLAIN = fields(new Layout("ConvArgs"), "");

    /** Of {@code conv_wgmma.cu}. */
    static final Layout TILED = fields(
                    new Layout("TiledConvArgs").maps("input[0]", "input[1]", "weight[0]", "weight[1]"), "conv.")
            .s32("tileWidthLog2", "tileHeightLog2");

    private ConvLayout() {}

    private static Layout fields(Layout layout, String prefix) {
        for (int i = 0; i < SEGMENTS; i++) {
            String segment = prefix + "segment[" + i + "].";
            layout.pointers(segment + "input", segment + "weight", segment + "scale", segment + "correction")
                    .s64(segment + "pitch")
                    .s32(segment + "bytes", segment + "splits");
        }
        layout.pointers(prefix + "bias", prefix + "workspace", prefix + "tickets")
                .s32(prefix + "batch", prefix + "height", prefix + "width")
                .s32(prefix + "outHeight", prefix + "outWidth", prefix + "outputs")
                .s32(prefix + "top", prefix + "left");
        return Finish.append(layout, prefix + "finish");
    }
}
