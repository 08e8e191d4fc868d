package org.mixdq4j.cuda.conv;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.mixdq4j.cuda.device.DeviceInfo;
import org.mixdq4j.cuda.device.Kernel;

/** Kernels that may be launched: all tiles, each option with each of them, each ending at least once. */
final class Variants {
    private static final DeviceInfo HOPPER = new DeviceInfo("sm_90", 9, 0, 132, 232448, 60L << 20);
    /** Clusters without wgmma. */
    private static final DeviceInfo BLACKWELL = new DeviceInfo("sm_100", 10, 0, 148, 232448, 126L << 20);

    private static final DeviceInfo AMPERE = new DeviceInfo("sm_80", 8, 0, 108, 166912, 40L << 20);

    /** FP16 out; a row and a residual added; gate, function and levels out; a modulated row and two outputs. */
    private static final List<Map<String, Object>> ENDS = List.of(
            Map.of("THEN", 0, "SINKS", 1, "SINK_0", 1),
            Map.of("THEN", 2, "THEN_0", 1, "TYPE_0", 1, "THEN_1", 4, "TYPE_1", 1, "SINKS", 1, "SINK_0", 1),
            Map.of("THEN", 2, "THEN_0", 16, "THEN_1", 5, "TYPE_0", 2, "SINKS", 1, "SINK_0", 3),
            Map.of("THEN", 2, "THEN_0", 3, "THEN_1", 17, "SINKS", 2, "SINK_0", 2, "SINK_1", 0));

    private Variants() {}

    /** What decides about registers and shared memory: of kernels that differ in nothing else one is enough. */
    private record Kind(ConvTile tile, int elements, int segments, int each, Storage storage, boolean cluster) {}

    static List<Kernel> all() {
        Map<Kind, Kernel> variants = new LinkedHashMap<>();
        for (DeviceInfo info : List.of(HOPPER, BLACKWELL, AMPERE)) {
            for (ConvShape shape : shapes()) {
                ConvTile tile = ConvTiles.choose(shape, info);
                boolean cluster = tile.splits() > 1 && info.clusters();
                Storage other = tile.wgmma() ? Storage.UNPACKED : Storage.CODES;
                for (Storage storage : shape.elements() == 0 ? List.of(Storage.BYTES, other) : List.of(Storage.BYTES)) {
                    int segments = shape.bytes().size();
                    int many = tile.splits() > 3 ? 8 : Math.min(2, tile.splits());
                    Kind kind =
                            new Kind(tile.withSplits(many), shape.elements(), segments, shape.each(), storage, cluster);
                    Map<String, Object> end = ENDS.get(variants.size() % ENDS.size());
                    variants.computeIfAbsent(kind, any -> ConvFamily.kernel(tile, shape, storage, cluster, end));
                }
            }
        }
        List<Kernel> all = new ArrayList<>(variants.values());
        all.add(Unpack.kernel());
        return all;
    }

    /** Sizes of networks, with all tiles and parts among them. */
    private static List<ConvShape> shapes() {
        List<ConvShape> shapes = new ArrayList<>();
        for (int batch : new int[] {1, 4}) {
            for (int elements = 0; elements <= 2; elements++) {
                // Both kinds of halves are the same but for the instruction.
                for (int outputs : elements == 2 ? new int[] {320} : new int[] {64, 128, 320, 640, 1280}) {
                    for (int size : new int[] {8, 16, 32, 64}) {
                        int bytes = elements == 0 ? outputs : 2 * outputs;
                        int stride = size == 16 ? 2 : 1;
                        shapes.add(shape(batch, size, outputs, 3, stride, List.of(bytes), elements, 8));
                        shapes.add(shape(batch, size, outputs, 3, 3 - stride, List.of(bytes), elements, 8));
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
