package org.mixdq4j.cuda.bind;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Step;
import org.mixdq4j.core.lower.weights.StoredLayers;
import org.mixdq4j.cuda.device.Arguments;
import org.mixdq4j.cuda.device.Device;
import org.mixdq4j.cuda.device.DeviceInfo;
import org.mixdq4j.cuda.device.Geometry;
import org.mixdq4j.cuda.device.Kernel;
import org.mixdq4j.cuda.device.Launch;
import org.mixdq4j.cuda.device.Parameter;

/**
 * What families plan launches with: where values lie, weights, and memory beside the arena. Collects the launches of all
 * steps.
 */
public final class Binder {
    private static final long ALIGNMENT = 256;
    private static final int UNWRITTEN = 0xff;

    private final Device device;
    private final StoredLayers layers;
    private final Constants constants;
    private final Map<String, Long> places;
    private final long arena;
    private final List<Planned> planned = new ArrayList<>();
    private final List<Long> owned = new ArrayList<>();
    private int step = -1;
    private Step current;
    private long scratch;
    private long scratchBytes;

    /**
     * @param places offset of every value in the arena
     * @param arena its address
     */
    public Binder(Device device, StoredLayers layers, Constants constants, Map<String, Long> places, long arena) {
        this.device = device;
        this.layers = layers;
        this.constants = constants;
        this.places = places;
        this.arena = arena;
    }

    /** Begins with the next step. @throws IllegalStateException if no family takes it */
    public void plan(int index, Step next, List<Family> families) {
        step = index;
        current = next;
        scratch = 0;
        if (families.stream().noneMatch(family -> family.plan(next, this))) {
            throw new IllegalStateException("there is no kernel for step '" + next.id() + "': " + next);
        }
    }

    /** What the kernel's shape may be chosen by. */
    public DeviceInfo info() {
        return device.info();
    }

    /** The address of a view's first element. */
    public long address(View view) {
        Long place = places.get(view.value().id());
        if (place == null) {
            throw new IllegalStateException(view + " has no place");
        }
        return arena + place + view.offset() * view.value().type().bytes();
    }

    /** The network's parameters as they are stored. */
    public StoredLayers layers() {
        return layers;
    }

    /** Something made of the network's parameters, once for all plans. @param key tells it from all others */
    public long constant(Object key, Supplier<ByteBuffer> maker) {
        return constants.get(key, maker);
    }

    /** Numbers, once for all who ask for the same. */
    public long floats(float[] values) {
        return constants.floats(values);
    }

    /**
     * Memory of any content while this step runs; for {@link org.mixdq4j.cuda.device.Arguments#scratch}. Other steps use the
     * same.
     *
     * @return its offset
     */
    public long scratch(long bytes) {
        long offset = scratch;
        scratch += (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        scratchBytes = Math.max(scratchBytes, scratch);
        return offset;
    }

    /** Memory of this step's own that is zero before the first run, and as the last run left it before others. */
    public long zeroed(long bytes) {
        long address = own(device.allocate(bytes));
        device.fill(address, 0, bytes);
        return address;
    }

    /** The next launch of this step. */
    public void launch(Kernel kernel, Geometry geometry, Parameter... parameters) {
        planned.add(new Planned(step, current.id(), kernel, geometry, List.of(parameters)));
    }

    /** All launches in order. */
    public List<Planned> planned() {
        return List.copyOf(planned);
    }

    /**
     * Makes launches of all that was planned, in order. Called once.
     *
     * @return to be closed before memory that is {@link #owned} is freed
     */
    public List<Launch> prepare() {
        long shared = own(device.allocate(Math.max(1, scratchBytes)));
        // Who reads what nobody wrote is to see it.
        device.fill(shared, UNWRITTEN, scratchBytes);
        device.compile(planned.stream().map(Planned::kernel).collect(Collectors.toSet()));
        List<Launch> launches = new ArrayList<>();
        try {
            for (Planned launch : planned) {
                launch.parameters().forEach(parameter -> {
                    if (parameter instanceof Arguments arguments) {
                        arguments.resolve(offset -> shared + offset);
                    }
                });
                launches.add(device.prepare(launch.what(), launch.kernel(), launch.geometry(), launch.parameters()));
            }
            return launches;
        } catch (RuntimeException | Error e) {
            launches.forEach(Launch::close);
            throw e;
        }
    }

    /** Addresses of memory beside the arena, which whoever owns the launches frees. */
    public List<Long> owned() {
        return List.copyOf(owned);
    }

    private long own(long address) {
        owned.add(address);
        return address;
    }
}
