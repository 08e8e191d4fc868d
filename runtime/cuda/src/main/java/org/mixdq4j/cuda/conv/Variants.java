package org.mixdq4j.cuda.conv;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.mixdq4j.cuda.device.DeviceInfo;
import org.mixdq4j.cuda.device.Kernel;

/** Kernels that may be launched: all tiles with each option at least once. */
final class Variants {
    private static final DeviceInfo HOPPER = new DeviceInfo("sm_90", 9, 0, 132, 232448, 60L << 20);
    private static final DeviceInfo AMPERE = new DeviceInfo("sm_80", 8, 0, 108, 166912, 40L << 20);

    /** FP16 out; a row and a residual added; gate, function and levels out; a modulated row and two outputs. */
    private static final List<Map<String, Object>> ENDS = List.of(
            Map.of("THEN", 0, "SINKS", 1, "SINK_0", 1),
            Map.of("THEN", 2, "THEN_0", 1, "TYPE_0", 1, "THEN_1", 4, "TYPE_1", 1, "SINKS", 1, "SINK_0", 1),
            Map.of("THEN", 2, "THEN_0", 16, "THEN_1", 5, "TYPE_0", 2, "SINKS", 1, "SINK_0", 3),
            Map.of("THEN", 2, "THEN_0", 3, "THEN_1", 17, "SINKS", 2, "SINK_0", 2, "SINK_1", 0));

    private Variants() {}

    static List<Kernel> all() {
        Set<Kernel> variants = new LinkedHashSet<>();
        int next = 0;
        for (DeviceInfo info : List.of(HOPPER, AMPERE)) {
            for (ConvShape shape : shapes()) {
                ConvTile tile = ConvTiles.choose(shape, info);
                boolean packs = !tile.wgmma() && shape.elements() == 0;
                for (int packed = 0; packed <= (packs ? 1 : 0); packed++) {
                    boolean cluster = tile.splits() > 1 && info.clusters();
                    variants.add(ConvFamily.kernel(tile, shape, packed == 1, cluster, ENDS.get(next++ % ENDS.size())));
                }
            }
        }
        return new ArrayList<>(variants);
    }

    /** Sizes of networks, with all tiles and parts among them. */
    private static List<ConvShape> shapes() {
        List<ConvShape> shapes = new ArrayList<>();
        for (int batch : new int[] {1, 4}) {
            for (int elements = 0; elements <= 2; elements++) {
                for (int outputs : new int[] {64, 128, 320, 640, 1280}) {
                    for (int size : new int[] {8, 16, 32, 64}) {
                        int bytes = elements == 0 ? outputs : 2 * outputs;
                        shapes.add(shape(batch, size, outputs, 3, 1, List.of(bytes), elements, 8));
                        shapes.add(shape(batch, size, outputs, 3, 2, List.of(bytes), elements, 8));
                        shapes.add(shape(batch, size, outputs, 1, 1, List.of(bytes, 320), elements, 8));
                        shapes.add(shape(batch, size, outputs, 3, 1, List.of(bytes, bytes), elements, 8));
                    }
                }
                shapes.add(shape(batch, 64, 4, 3, 1, List.of(640), elements, 1));
                shapes.add(shape(batch, 64, 1530, 2, 2, List.of(32), elements, 1));
                shapes.add(shape(batch, 512, 3, 3, 1, List.of(256), elements, 1));
            }
        }
        return shapes;
    }

    private static ConvShape shape(
            int batch, int size, int outputs, int kernel, int stride, List<Integer> bytes, int elements, int each) {
        return new ConvShape(batch, size, size, outputs, kernel, stride, bytes, elements, each);
    }
}
