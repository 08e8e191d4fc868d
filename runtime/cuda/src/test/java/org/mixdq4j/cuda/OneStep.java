package org.mixdq4j.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.mixdq4j.conformance.support.StepDifference;
import org.mixdq4j.core.lower.Program;
import org.mixdq4j.core.lower.Value;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.interpret.Interpreter;
import org.mixdq4j.core.lower.step.Step;
import org.mixdq4j.core.lower.weights.StoredLayers;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;
import org.mixdq4j.cuda.bind.Binder;
import org.mixdq4j.cuda.bind.Constants;
import org.mixdq4j.cuda.bind.Family;
import org.mixdq4j.cuda.bind.Planned;
import org.mixdq4j.cuda.device.Device;
import org.mixdq4j.cuda.device.DeviceInfo;
import org.mixdq4j.cuda.device.Launch;
import org.mixdq4j.cuda.device.host.HostDevice;
import org.mixdq4j.cuda.device.host.Twin;

/**
 * One step on a device, and by the interpreter on the same memory.
 *
 * @param found what the device wrote, by value
 * @param wanted what the interpreter wrote
 * @param planned the launches
 */
public record OneStep(Map<String, Tensor> found, Map<String, Tensor> wanted, List<Planned> planned) {
    /** As an H200 says of itself. */
    public static final DeviceInfo HOPPER = new DeviceInfo("host device as sm_90", 9, 0, 132, 232448, 60L << 20);

    /** As an A100 does. */
    public static final DeviceInfo AMPERE = new DeviceInfo("host device as sm_80", 8, 0, 108, 166912, 40L << 20);

    /**
     * @param inputs what the step reads; values that it writes may be among them (memory before)
     * @param weights of layers in float, and of norms
     * @param layers that are quantized
     */
    public static OneStep run(
            Step step,
            Map<Value, Tensor> inputs,
            WeightSource weights,
            Map<String, QuantizedLayer> layers,
            DeviceInfo info,
            List<Family> families,
            Map<String, Twin> twins) {
        try (HostDevice device = new HostDevice(info, twins)) {
            return run(step, inputs, weights, layers, device, families);
        }
    }

    /** On any device. */
    public static OneStep run(
            Step step,
            Map<Value, Tensor> inputs,
            WeightSource weights,
            Map<String, QuantizedLayer> layers,
            Device device,
            List<Family> families) {
        Map<String, Value> values = new LinkedHashMap<>();
        step.reads().forEach(view -> values.put(view.value().id(), view.value()));
        step.writes().forEach(view -> values.put(view.value().id(), view.value()));
        Map<String, Long> places = new LinkedHashMap<>();
        long end = 0;
        for (Value value : values.values()) {
            places.put(value.id(), end);
            end += (value.bytes() + 511) / 256 * 256;
        }
        Program program = program(step, inputs, values, places, end);
        Map<String, Tensor> given = new LinkedHashMap<>();
        inputs.forEach((value, tensor) -> given.put(value.id(), tensor));
        Map<String, Tensor> wanted = Interpreter.run(program, weights, layers::get, given);
        long arena = device.allocate(Math.max(1, end));
        device.fill(arena, 0xff, end);
        inputs.forEach((value, tensor) -> device.upload(arena + places.get(value.id()), tensor.buffer()));
        try (Constants constants = new Constants(device)) {
            StoredLayers stored = new StoredLayers(weights, QuantizedLayers.of(layers));
            Binder binder = new Binder(device, stored, constants, places, arena);
            binder.plan(0, step, families);
            List<Launch> launches = binder.prepare();
            launches.forEach(Launch::run);
            Map<String, Tensor> found = new LinkedHashMap<>();
            for (Value value : values.values()) {
                Tensor tensor = Tensor.zeros(value.type(), value.shape());
                device.download(arena + places.get(value.id()), tensor.buffer());
                found.put(value.id(), tensor);
            }
            device.synchronize();
            launches.forEach(Launch::close);
            binder.owned().forEach(device::free);
            device.free(arena);
            return new OneStep(found, wanted, binder.planned());
        }
    }

    private static Program program(
            Step step, Map<Value, Tensor> inputs, Map<String, Value> values, Map<String, Long> places, long end) {
        Map<String, Value> given = new LinkedHashMap<>();
        inputs.keySet().forEach(value -> given.put(value.id(), value));
        Map<String, View> outputs = new LinkedHashMap<>();
        values.values().forEach(value -> outputs.put(value.id(), View.of(value)));
        return new Program("one step", given, List.of(step), outputs, Set.of(), places, end);
    }

    /** Largest difference of floats of one value by the largest magnitude among them. */
    public double error(String value) {
        return StepDifference.error(found.get(value), wanted.get(value));
    }

    /** Levels of floats that may differ in the last bit: none by more than one, few at all. */
    public void requireClose(String value) {
        ByteBuffer a = found.get(value).buffer();
        ByteBuffer b = wanted.get(value).buffer();
        int off = 0;
        for (int i = 0; i < a.capacity(); i++) {
            int difference = Math.abs((a.get(i) & 255) - (b.get(i) & 255));
            assertThat(difference).isLessThan(2);
            off += difference;
        }
        assertThat(off).isLessThan(2 + a.capacity() / 500);
    }
}
