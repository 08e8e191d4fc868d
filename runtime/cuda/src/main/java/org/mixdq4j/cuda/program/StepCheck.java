package org.mixdq4j.cuda.program;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.mixdq4j.core.lower.Value;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Epilogue;
import org.mixdq4j.core.lower.step.Move;
import org.mixdq4j.core.lower.step.Product;
import org.mixdq4j.core.lower.step.Step;
import org.mixdq4j.core.lower.weights.StoredLayers;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.HalfFloats;
import org.mixdq4j.cuda.bind.Binder;
import org.mixdq4j.cuda.bind.Constants;
import org.mixdq4j.cuda.device.Device;
import org.mixdq4j.cuda.device.Kernel;
import org.mixdq4j.cuda.device.Launch;
import org.mixdq4j.cuda.device.host.HostDevice;

/**
 * One step on a device and by the twins of its kernels, on the same random memory; what is only written is poisoned before.
 * How kernels are checked on a GPU: with the steps of whole networks.
 *
 * @param kernels entries of what was launched
 * @param value id of what was written
 * @param exact whether all bits have to agree: integers, and floats of one order of operations
 * @param differing elements that are not the same
 * @param error largest difference by the largest magnitude; of levels, the largest difference
 */
public record StepCheck(
        String step,
        List<String> kernels,
        String value,
        DType type,
        boolean exact,
        long count,
        long differing,
        double error) {
    /** Share of levels that may round to the neighbour where floats before them differ in the last bits. */
    private static final double ROUNDED = 2e-3;

    /** Bound of {@link #error} of floats by type: sums in another order and fast functions, then rounding to the type. */
    private static double bound(DType type) {
        return switch (type) {
            case F16 -> 2e-3;
            case BF16 -> 1.6e-2;
            default -> 2e-5;
        };
    }

    /** Whether the device did what the twins do. */
    public boolean passed() {
        if (exact) {
            return differing == 0;
        }
        return type == DType.U8 ? error <= 1 && differing <= ROUNDED * count + 1 : error <= bound(type);
    }

    /** Runs a step on both. Several threads may, each with layers of its own. @return one for each value it writes */
    public static List<StepCheck> run(Step step, StoredLayers layers, Device device, long seed) {
        Memory memory = Memory.of(step);
        Map<Value, ByteBuffer> content = memory.content(step, seed);
        List<Kernel> kernels = new ArrayList<>();
        Map<Value, ByteBuffer> wanted;
        try (HostDevice host = new HostDevice(device.info(), Families.twins())) {
            wanted = memory.run(step, layers, host, content, kernels);
        }
        // The one thing that takes long there and that several threads may do at once.
        device.compile(kernels);
        Map<Value, ByteBuffer> found;
        synchronized (device) {
            found = memory.run(step, layers, device, content, new ArrayList<>());
        }
        List<String> entries = kernels.stream().map(Kernel::entry).distinct().toList();
        List<StepCheck> checks = new ArrayList<>();
        for (Value value : found.keySet()) {
            checks.add(compare(step, entries, value, found.get(value), wanted.get(value)));
        }
        return checks;
    }

    private static StepCheck compare(
            Step step, List<String> kernels, Value value, ByteBuffer found, ByteBuffer wanted) {
        long count = value.shape().elements();
        long differing = 0;
        double error = 0;
        double largest = Double.MIN_NORMAL;
        for (int i = 0; i < count; i++) {
            double a = number(found, value.type(), i);
            double b = number(wanted, value.type(), i);
            if (a == b || Double.isNaN(a) && Double.isNaN(b)) {
                largest = Double.isNaN(b) ? largest : Math.max(largest, Math.abs(b));
                continue;
            }
            differing++;
            largest = Math.max(largest, Math.abs(b));
            double difference = Math.abs(a - b);
            error = Double.isNaN(difference) ? Double.POSITIVE_INFINITY : Math.max(error, difference);
        }
        double relative = value.type() == DType.U8 ? error : error / largest;
        return new StepCheck(step.id(), kernels, value.id(), value.type(), exact(step), count, differing, relative);
    }

    private static boolean exact(Step step) {
        if (step instanceof Move) {
            return true;
        }
        return step instanceof Product product
                && product.integer()
                && product.firstRow().isEmpty()
                && product.then().stream()
                        .noneMatch(then -> then instanceof Epilogue.Apply || then instanceof Epilogue.GeGlu);
    }

    private static double number(ByteBuffer from, DType type, int index) {
        return switch (type) {
            case F32 -> from.getFloat(index * Float.BYTES);
            case F16 -> HalfFloats.fromF16(from.getShort(index * Short.BYTES));
            case BF16 -> HalfFloats.fromBf16(from.getShort(index * Short.BYTES));
            case I64 -> from.getLong(index * Long.BYTES);
            default -> Byte.toUnsignedInt(from.get(index));
        };
    }

    /** Places of a step's values in an arena of its own. */
    private record Memory(Map<String, Value> values, Map<String, Long> places, long bytes) {
        static Memory of(Step step) {
            Map<String, Value> values = new LinkedHashMap<>();
            step.reads().forEach(view -> values.put(view.value().id(), view.value()));
            step.writes().forEach(view -> values.put(view.value().id(), view.value()));
            Map<String, Long> places = new HashMap<>();
            long end = 0;
            for (Value value : values.values()) {
                places.put(value.id(), end);
                // A gap that must stay as it is would be no news: each value is compared whole.
                end += (value.bytes() + 511) / 256 * 256;
            }
            return new Memory(values, places, end);
        }

        /** Of what the step reads: normal numbers, scales of rows where those are wanted, any bytes. */
        Map<Value, ByteBuffer> content(Step step, long seed) {
            Set<String> scales = new HashSet<>();
            if (step instanceof Product product) {
                for (Product.Operand operand : product.inputs()) {
                    if (operand instanceof Product.Levels levels) {
                        levels.rowScales().map(View::value).map(Value::id).ifPresent(scales::add);
                    }
                }
            }
            Map<Value, ByteBuffer> content = new LinkedHashMap<>();
            for (View view : step.reads()) {
                Value value = view.value();
                Random random = new Random(seed + content.size());
                content.computeIfAbsent(value, any -> random(value, scales.contains(value.id()), random));
            }
            return content;
        }

        private static ByteBuffer random(Value value, boolean scale, Random random) {
            ByteBuffer bytes =
                    ByteBuffer.allocateDirect(Math.toIntExact(value.bytes())).order(ByteOrder.LITTLE_ENDIAN);
            while (bytes.hasRemaining()) {
                float number = scale
                        ? 0.005f + 0.01f * random.nextFloat()
                        : value.type() == DType.U8 ? 0 : (float) random.nextGaussian();
                switch (value.type()) {
                    case F32 -> bytes.putFloat(number);
                    case F16 -> bytes.putShort(HalfFloats.toF16(number));
                    case BF16 -> bytes.putShort(HalfFloats.toBf16(number));
                    case I64 -> bytes.putLong(random.nextInt(8));
                    default -> bytes.put((byte) random.nextInt(256));
                }
            }
            return bytes.flip();
        }

        Map<Value, ByteBuffer> run(
                Step step, StoredLayers layers, Device device, Map<Value, ByteBuffer> content, List<Kernel> kernels) {
            long arena = device.allocate(Math.max(1, bytes));
            List<Launch> launches = List.of();
            Constants constants = new Constants(device);
            Binder binder = new Binder(device, layers, constants, places, arena);
            try {
                device.fill(arena, 0xff, bytes);
                content.forEach((value, bytes) -> device.upload(arena + places.get(value.id()), bytes));
                binder.plan(0, step, Families.all());
                launches = binder.prepare();
                binder.planned().forEach(launch -> kernels.add(launch.kernel()));
                launches.forEach(Launch::run);
                device.synchronize();
                Map<Value, ByteBuffer> written = new LinkedHashMap<>();
                for (View view : step.writes()) {
                    Value value = view.value();
                    ByteBuffer bytes = ByteBuffer.allocateDirect(Math.toIntExact(value.bytes()))
                            .order(ByteOrder.LITTLE_ENDIAN);
                    device.download(arena + places.get(value.id()), bytes);
                    written.put(value, bytes);
                }
                return written;
            } finally {
                launches.forEach(Launch::close);
                binder.owned().forEach(device::free);
                device.free(arena);
                constants.close();
            }
        }
    }
}
