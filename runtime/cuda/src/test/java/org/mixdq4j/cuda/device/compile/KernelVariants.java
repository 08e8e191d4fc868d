package org.mixdq4j.cuda.device.compile;

import java.util.List;
import java.util.stream.Stream;
import org.mixdq4j.cuda.attention.HeadAttention;
import org.mixdq4j.cuda.attention.PlainAttention;
import org.mixdq4j.cuda.attention.WideAttention;
import org.mixdq4j.cuda.conv.ConvFamily;
import org.mixdq4j.cuda.device.DeviceInfo;
import org.mixdq4j.cuda.device.Kernel;
import org.mixdq4j.cuda.gemm.GemmFamily;
import org.mixdq4j.cuda.norm.GroupNorms;
import org.mixdq4j.cuda.norm.SlicedGroupNorms;
import org.mixdq4j.cuda.plain.Moves;
import org.mixdq4j.cuda.plain.OtherOps;
import org.mixdq4j.cuda.plain.PlainProducts;
import org.mixdq4j.cuda.pointwise.Pointwises;

/** What families may launch. */
final class KernelVariants {
    private KernelVariants() {}

    static List<Kernel> all() {
        return Stream.of(
                        HeadAttention.variants(),
                        WideAttention.variants(),
                        PlainAttention.variants(),
                        ConvFamily.variants(),
                        GemmFamily.variants(),
                        GemmFamily.clusterVariants(),
                        PlainProducts.variants(),
                        SlicedGroupNorms.variants(),
                        GroupNorms.variants(),
                        Pointwises.variants(),
                        Moves.variants(),
                        OtherOps.variants())
                .flatMap(List::stream)
                .toList();
    }

    /** Whether a device has what a kernel asks for: wgmma, clusters of blocks. */
    static boolean fits(Kernel kernel, DeviceInfo info) {
        boolean cluster = Math.max(kernel.number("CLUSTER"), kernel.number("SPLIT")) > 1;
        return kernel.specific() ? info.hopper() : info.clusters() || !cluster;
    }
}
