package org.mixdq4j.cpu.vector;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.mixdq4j.core.lower.Value;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.HalfFloats;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.cpu.session.Arena;

/** An arena for tests: values with guard zones between them, filled with numbers or poison. */
public final class Memory implements AutoCloseable {
    private static final int GUARD = 192;
    private static final byte POISON = (byte) 0xA5;

    private final List<Value> values = new ArrayList<>();
    private final Map<String, Long> places = new LinkedHashMap<>();
    private final List<Value> guards = new ArrayList<>();
    private long end;
    private Arena arena;

    public Value value(String id, DType type, int... shape) {
        guard();
        Value value = new Value(id, Shape.of(shape), type);
        places.put(id, end);
        values.add(value);
        end = (end + value.bytes() + 63) / 64 * 64;
        return value;
    }

    private void guard() {
        Value guard = new Value("guard " + guards.size(), Shape.of(GUARD), DType.U8);
        guards.add(guard);
        places.put(guard.id(), end);
        end += GUARD;
    }

    /** The arena, every byte of it poison. */
    public Arena arena() {
        if (arena == null) {
            guard();
            arena = new Arena(places, end);
            guards.forEach(this::poison);
            values.forEach(this::poison);
        }
        return arena;
    }

    public void poison(Value value) {
        ByteBuffer bytes = arena().buffer(value);
        for (int i = 0; i < bytes.capacity(); i++) {
            bytes.put(i, POISON);
        }
    }

    /** Normally distributed numbers around {@code mean}, some of them large. */
    public void fill(Value value, long seed, float mean) {
        Random random = new Random(seed);
        float[] numbers = new float[(int) value.shape().elements()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = mean + (float) (random.nextGaussian() * (i % 37 == 0 ? 20 : 1.5));
        }
        put(value, numbers);
    }

    public void put(Value value, float... numbers) {
        ByteBuffer bytes = arena().buffer(value);
        for (int i = 0; i < numbers.length; i++) {
            if (value.type() == DType.F32) {
                bytes.putFloat(4 * i, numbers[i]);
            } else {
                bytes.putShort(2 * i, (short) (Float.floatToRawIntBits(numbers[i]) >>> 16));
            }
        }
    }

    public float[] floats(Value value) {
        ByteBuffer bytes = arena().buffer(value);
        float[] numbers = new float[(int) value.shape().elements()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = value.type() == DType.F32 ? bytes.getFloat(4 * i) : HalfFloats.fromBf16(bytes.getShort(2 * i));
        }
        return numbers;
    }

    public byte[] bytes(Value value) {
        byte[] copy = new byte[(int) value.bytes()];
        arena().buffer(value).get(0, copy);
        return copy;
    }

    /** That nothing was written between values. */
    public void checkGuards() {
        for (Value guard : guards) {
            byte[] whole = new byte[GUARD];
            Arrays.fill(whole, POISON);
            assertThat(bytes(guard)).as(guard.id()).isEqualTo(whole);
        }
    }

    @Override
    public void close() {
        if (arena != null) {
            arena.close();
        }
    }
}
