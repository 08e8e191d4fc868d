package org.mixdq4j.cuda.gemm;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.mixdq4j.cuda.device.Arguments;
import org.mixdq4j.cuda.device.Device;
import org.mixdq4j.cuda.device.DeviceInfo;
import org.mixdq4j.cuda.device.Kernel;
import org.mixdq4j.cuda.device.Launch;

/**
 * Times the tiles that are estimated to be the fastest, once for each size and device, and keeps what was found in a file: a line a
 * size, {@code size of product, form, device = tile}. A file that cannot be read or written costs time and nothing else.
 */
public final class MeasuredTiles implements TileChoice {
    /** Estimates are off by 15 % at most for these. */
    private static final int CANDIDATES = 3;

    private static final int LAUNCHES = 20;
    private static final int REPEATS = 3;
    /** Copies of weights that launches take turns with, so that they come from memory as in a network. */
    private static final int MOST_COPIES = 16;

    private static final Map<String, Object> OPTIONS = Map.of("ROW_SCALES", 0, "EARLIER", 0, "GEGLU", 0);
    private static final Map<String, Object> F16_OUT = Map.of("THEN", 0, "SINKS", 1, "SINK_0", 1);

    private final Device device;
    private final Path file;
    private Map<String, String> known;

    public MeasuredTiles(Device device, Path file) {
        this.device = device;
        this.file = file;
    }

    @Override
    public synchronized Tile choose(List<Tile> candidates, Size size, Form form, DeviceInfo info) {
        if (known == null) {
            known = read();
        }
        String key = size + " " + form + " " + info.name().replace('=', ' ') + " " + info.multiprocessors();
        String found = known.get(key);
        for (Tile tile : candidates) {
            if (tile.toString().equals(found)) {
                return tile;
            }
        }
        Tile fastest = fastest(candidates.subList(0, Math.min(CANDIDATES, candidates.size())), size, form);
        known.put(key, fastest.toString());
        write();
        return fastest;
    }

    private Tile fastest(List<Tile> candidates, Size size, Form form) {
        if (candidates.size() == 1) {
            return candidates.get(0);
        }
        List<Kernel> kernels = candidates.stream()
                .map(tile -> GemmFamily.kernel(tile, form, OPTIONS, F16_OUT))
                .toList();
        device.compile(kernels);
        long weightBytes = Tile.blocks(size.n(), Form.BLOCK) * Form.BLOCK * (long) size.k();
        int copies = (int) Math.min(MOST_COPIES, 1 + 2 * device.info().cacheBytes() / weightBytes);
        List<Long> memory = new ArrayList<>();
        try {
            long inputs = allocate(memory, (long) size.m() * size.k());
            long weights = allocate(memory, weightBytes * copies);
            long columns = allocate(memory, (long) Float.BYTES * size.n());
            long multipliers = allocate(memory, weightBytes);
            long out = allocate(memory, (long) Short.BYTES * size.m() * size.n());
            Tile fastest = null;
            long least = Long.MAX_VALUE;
            for (int i = 0; i < candidates.size(); i++) {
                List<Launch> launches = new ArrayList<>();
                for (int j = 0; j < LAUNCHES; j++) {
                    Arguments arguments = new Arguments(GemmFamily.LAYOUT)
                            .pointer("a", inputs)
                            .pointer("b", weights + j % copies * weightBytes)
                            .pointer("multipliers", multipliers)
                            .pointer("correction", columns)
                            .pointer("scale", columns)
                            .pointer("bias", columns)
                            .s32("m", size.m())
                            .s32("n", size.n())
                            .s32("k", size.k())
                            .s32("pitch", size.k())
                            .pointer("finish.sink[0].at", out)
                            .s32("finish.sink[0].pitch", size.n())
                            .s32("finish.sink[0].columns", size.n());
                    launches.add(device.prepare(
                            "the search for a tile",
                            kernels.get(i),
                            candidates.get(i).geometry(size, form, device.info().clusters()),
                            GemmFamily.parameters(candidates.get(i), form, arguments)));
                }
                long taken = time(launches);
                if (taken < least) {
                    least = taken;
                    fastest = candidates.get(i);
                }
            }
            return fastest;
        } finally {
            device.synchronize();
            memory.forEach(device::free);
        }
    }

    private long allocate(List<Long> memory, long bytes) {
        long address = device.allocate(bytes);
        memory.add(address);
        device.fill(address, 1, bytes);
        return address;
    }

    /** The least of several times of all launches, and lets go of them. */
    private long time(List<Launch> launches) {
        long least = Long.MAX_VALUE;
        try (Launch all = device.record(launches)) {
            for (int i = 0; i <= REPEATS; i++) {
                device.synchronize();
                long start = System.nanoTime();
                all.run();
                device.synchronize();
                // The first run is not counted: it may load what the others find loaded.
                least = i == 0 ? least : Math.min(least, System.nanoTime() - start);
            }
        } finally {
            launches.forEach(Launch::close);
        }
        return least;
    }

    private Map<String, String> read() {
        Map<String, String> lines = new TreeMap<>();
        try {
            for (String line : Files.exists(file) ? Files.readAllLines(file) : List.<String>of()) {
                int equals = line.lastIndexOf('=');
                // Records hold equals signs of their own; a tile has none.
                if (equals > 0) {
                    lines.put(
                            line.substring(0, equals).strip(),
                            line.substring(equals + 1).strip());
                }
            }
        } catch (IOException e) {
            lines.clear();
        }
        return lines;
    }

    private void write() {
        StringBuilder text = new StringBuilder();
        known.forEach((key, tile) -> text.append(key).append(" = ").append(tile).append('\n'));
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            Path next = Files.createTempFile(file.toAbsolutePath().getParent(), "tiles", ".part");
            Files.writeString(next, text);
            Files.move(next, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            // The next process measures again.
        }
    }
}
