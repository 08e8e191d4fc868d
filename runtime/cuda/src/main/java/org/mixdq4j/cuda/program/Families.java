package org.mixdq4j.cuda.program;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.mixdq4j.cuda.attention.HeadAttention;
import org.mixdq4j.cuda.attention.PlainAttention;
import org.mixdq4j.cuda.attention.WideAttention;
import org.mixdq4j.cuda.bind.Family;
import org.mixdq4j.cuda.conv.ConvFamily;
import org.mixdq4j.cuda.device.Device;
import org.mixdq4j.cuda.device.host.Twin;
import org.mixdq4j.cuda.gemm.GemmFamily;
import org.mixdq4j.cuda.gemm.HalfProducts;
import org.mixdq4j.cuda.gemm.MeasuredTiles;
import org.mixdq4j.cuda.gemm.TileChoice;
import org.mixdq4j.cuda.norm.GroupNorms;
import org.mixdq4j.cuda.norm.SlicedGroupNorms;
import org.mixdq4j.cuda.plain.Moves;
import org.mixdq4j.cuda.plain.OtherOps;
import org.mixdq4j.cuda.plain.PlainProductTwin;
import org.mixdq4j.cuda.plain.PlainProducts;
import org.mixdq4j.cuda.pointwise.Pointwises;

/** All kernels there are: fast ones first, then those that take every size. */
public final class Families {
    private Families() {}

    /** Names a file where tiles that were timed on the device are kept; without it they are chosen by estimates. */
    private static final String TILES = "MIXDQ_CUDA_TILES";

    /** In the order in which they are asked, for a device. */
    static List<Family> all(Device device) {
        String file = System.getenv(TILES);
        return all(file == null ? TileChoice.RULE : new MeasuredTiles(device, Path.of(file)));
    }

    /** In the order in which they are asked. */
    static List<Family> all() {
        return all(TileChoice.RULE);
    }

    private static List<Family> all(TileChoice tiles) {
        return List.of(
                new ConvFamily(),
                new GemmFamily(tiles),
                new HeadAttention(),
                new WideAttention(new HalfProducts(tiles)),
                new SlicedGroupNorms(),
                // Whatever there is, of any size.
                new PlainProducts(),
                new PlainAttention(),
                new GroupNorms(),
                new Pointwises(),
                new Moves(),
                new OtherOps());
    }

    /** Twins of all kernels, by entry. */
    public static Map<String, Twin> twins() {
        Map<String, Twin> twins = new HashMap<>();
        twins.putAll(ConvFamily.twins());
        twins.putAll(GemmFamily.twins());
        twins.put("plainProduct", new PlainProductTwin());
        twins.put("shortProduct", new PlainProductTwin());
        twins.putAll(SlicedGroupNorms.twins());
        twins.putAll(GroupNorms.twins());
        twins.putAll(Pointwises.twins());
        twins.putAll(Moves.twins());
        twins.putAll(OtherOps.twins());
        twins.putAll(PlainAttention.twins());
        twins.putAll(WideAttention.twins());
        return twins;
    }
}
