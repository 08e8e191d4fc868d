package org.mixdq4j.cpu.vector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.mixdq4j.core.graph.op.Embedding;
import org.mixdq4j.core.graph.op.L2Normalize;
import org.mixdq4j.core.graph.op.MatMul;
import org.mixdq4j.core.graph.op.Op;
import org.mixdq4j.core.graph.op.PoolToken;
import org.mixdq4j.core.graph.op.RelativeBias;
import org.mixdq4j.core.graph.op.TimestepEmbedding;
import org.mixdq4j.core.graph.op.UpsampleNearest;
import org.mixdq4j.core.lower.Program;
import org.mixdq4j.core.lower.Value;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.interpret.Interpreter;
import org.mixdq4j.core.lower.step.Load;
import org.mixdq4j.core.lower.step.Move;
import org.mixdq4j.core.lower.step.Other;
import org.mixdq4j.core.lower.step.Step;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;
import org.mixdq4j.cpu.session.Task;
import org.mixdq4j.cpu.session.Workers;

/** Copies and ops without a step of their own, against the interpreter of programs, bit for bit. */
class OtherStepsTest {
    private static final List<DType> TYPES = List.of(DType.U8, DType.BF16, DType.F32, DType.I64);

    /** Views of any order of axes, of parts, of repeated positions. */
    @Test
    void moves() {
        Random random = new Random(1);
        for (int round = 0; round < 120; round++) {
            DType type = TYPES.get(round % TYPES.size());
            int rank = 1 + random.nextInt(5);
            List<Integer> order = new ArrayList<>();
            int[] extents = new int[rank];
            for (int axis = 0; axis < rank; axis++) {
                order.add(axis);
                extents[axis] = 1 + random.nextInt(round % 10 == 0 ? 19 : 6);
            }
            Collections.shuffle(order, random);
            View from = View.of(new Value("from", Shape.of(extents), type)).transpose(order);
            if (random.nextBoolean()) {
                int axis = random.nextInt(rank);
                from = from.slice(axis, from.shape().dim(axis) / 2, from.shape().dim(axis));
            }
            if (random.nextBoolean()) {
                int axis = random.nextInt(rank);
                List<Long> strides = new ArrayList<>(from.strides());
                strides.set(axis, 0L);
                from = new View(from.value(), from.shape().with(axis, 3), from.offset(), strides);
            }
            int last = from.shape().dim(rank - 1);
            Value wide = new Value("to", from.shape().with(rank - 1, last + 2), type);
            check(new Move("move", from, View.of(wide).slice(rank - 1, 1, last + 1)), List.of(from.value()), wide, 0);
        }
    }

    /** Longer than a part, with and without runs. */
    @Test
    void movesInParts() {
        Value image = new Value("from", Shape.of(1, 150, 170, 3), DType.F32);
        Value planes = new Value("to", Shape.of(1, 3, 150, 170), DType.F32);
        check(
                new Move("move", View.of(image).transpose(List.of(0, 3, 1, 2)), View.of(planes)),
                List.of(image),
                planes,
                0);
        Value large = new Value("from", Shape.of(200_001), DType.U8);
        Value copy = new Value("to", Shape.of(200_001), DType.U8);
        check(new Move("move", View.of(large), View.of(copy)), List.of(large), copy, 0);
    }

    @Test
    void loads() {
        Value stored = new Value("weight", Shape.of(7, 9, 4), DType.F32);
        View part = View.of(stored).slice(0, 2, 5).transpose(List.of(1, 0, 2));
        Value to = new Value("to", part.shape(), DType.BF16);
        check(new Load("load", "weight", part, View.of(to)), List.of(), to, 0);
    }

    @Test
    void embeddings() {
        Value ids = new Value("ids", Shape.of(2, 5), DType.I64);
        Value to = new Value("to", Shape.of(2, 5, 12), DType.F32);
        check(other(new Embedding(7, 12), to, ids), List.of(ids), to, 7);
        assertThatThrownBy(() -> check(other(new Embedding(7, 12), to, ids), List.of(ids), to, 9))
                .hasMessageContaining("has a table of 7 rows and was asked for row");
    }

    @Test
    void timesteps() {
        for (boolean flip : new boolean[] {false, true}) {
            for (int features : new int[] {8, 9}) {
                Value times = new Value("times", Shape.of(3), DType.F32);
                Value to = new Value("to", Shape.of(3, features), DType.F32);
                check(other(new TimestepEmbedding(features, flip, 1, 10000), to, times), List.of(times), to, 0);
            }
        }
    }

    @Test
    void pooling() {
        Value hidden = new Value("hidden", Shape.of(3, 6, 5), DType.F32);
        Value ids = new Value("ids", Shape.of(3, 6), DType.I64);
        Value to = new Value("to", Shape.of(3, 5), DType.F32);
        for (int eos : new int[] {PoolToken.HIGHEST_ID, 2, 50}) {
            check(other(new PoolToken(eos), to, hidden, ids), List.of(hidden, ids), to, 4);
        }
    }

    @Test
    void biasesUnitVectorsAndSmallProducts() {
        Value bias = new Value("to", Shape.of(1, 3, 20, 20), DType.F32);
        check(other(new RelativeBias(3, 20, 8, 16), bias), List.of(), bias, 0);
        Value a = new Value("a", Shape.of(3, 10), DType.F32);
        Value b = new Value("b", Shape.of(4, 10), DType.F32);
        Value unit = new Value("to", Shape.of(3, 10), DType.F32);
        check(other(new L2Normalize(), unit, a), List.of(a), unit, 0);
        Value product = new Value("to", Shape.of(3, 4), DType.F32);
        check(other(new MatMul(), product, a, b), List.of(a, b), product, 0);
    }

    @Test
    void upsamplingByAnyFactor() {
        for (DType type : List.of(DType.F32, DType.U8)) {
            Value from = new Value("from", Shape.of(2, 3, 5, 7), type);
            Value to = new Value("to", Shape.of(2, 7, 8, 7), type);
            check(other(new UpsampleNearest(7, 8), to, from), List.of(from), to, 0);
        }
    }

    private static Other other(Op op, Value to, Value... inputs) {
        return new Other(
                "node", "node", op, List.of(inputs).stream().map(View::of).toList(), View.of(to));
    }

    /** @param limit of integers that are read */
    private static void check(Step step, List<Value> inputs, Value to, int limit) {
        Map<String, Tensor> given = new LinkedHashMap<>();
        Map<String, Value> named = new LinkedHashMap<>();
        Map<String, Long> places = new LinkedHashMap<>();
        long end = 0;
        try (Memory memory = new Memory()) {
            for (Value input : inputs) {
                named.put(input.id(), input);
                given.put(input.id(), random(input, limit));
                places.put(input.id(), end);
                end += input.bytes();
                memory.value(input.id(), input.type(), input.shape().toArray());
            }
            places.put(to.id(), end);
            memory.value(to.id(), to.type(), to.shape().toArray());
            given.forEach((id, tensor) -> memory.arena().buffer(named.get(id)).put(tensor.buffer()));
            View written = step.writes().get(0);
            Program program = new Program(
                    "one step", named, List.of(step), Map.of("to", View.of(to)), Set.of(), places, end + to.bytes());
            Tensor expected = Interpreter.run(program, new OneWeight(), layer -> null, given)
                    .get("to");
            fillGaps(expected.buffer(), written);
            for (int threads : new int[] {1, 3}) {
                memory.poison(to);
                try (Workers workers = new Workers(threads)) {
                    VectorTasks tasks = new VectorTasks(memory.arena(), workers);
                    Task task = step instanceof Move move
                            ? tasks.move(move)
                            : step instanceof Load load
                                    ? tasks.load(load, new OneWeight().tensor("weight"))
                                    : tasks.other((Other) step, new OneWeight()::tensor);
                    task.run();
                }
                byte[] bytes = new byte[(int) to.bytes()];
                expected.buffer().get(bytes);
                assertThat(memory.bytes(to)).as(step.toString()).isEqualTo(bytes);
            }
            memory.checkGuards();
        }
    }

    /** What the step does not write has our poison, not the interpreter's. */
    private static void fillGaps(ByteBuffer bytes, View written) {
        boolean[] own = new boolean[(int) written.value().shape().elements()];
        Axes axes = Axes.of(written, written.shape().rank());
        for (int i = 0; i < written.shape().elements(); i++) {
            int at = (int) written.offset();
            int rest = i;
            for (int axis = axes.extents().length - 1; axis >= 0; axis--) {
                at += rest % axes.extents()[axis] * axes.strides()[axis];
                rest /= axes.extents()[axis];
            }
            own[at] = true;
        }
        int size = written.value().type().bytes();
        for (int i = 0; i < own.length * size; i++) {
            if (!own[i / size]) {
                bytes.put(i, (byte) 0xA5);
            }
        }
    }

    private static Tensor random(Value value, int limit) {
        Random random = new Random(5);
        Tensor tensor = Tensor.zeros(value.type(), value.shape());
        ByteBuffer bytes = tensor.buffer();
        for (int i = 0; i < value.shape().elements(); i++) {
            switch (value.type()) {
                case U8 -> bytes.put(i, (byte) random.nextInt());
                case BF16 -> bytes.putShort(2 * i, (short) random.nextInt());
                case F32 -> bytes.putFloat(4 * i, (float) random.nextGaussian() * 100);
                default -> bytes.putLong(8 * i, limit == 0 ? random.nextLong() : random.nextInt(limit));
            }
        }
        return tensor;
    }

    /** Any parameter is this one. */
    private static final class OneWeight implements WeightSource {
        private final Tensor weight = random(new Value("weight", Shape.of(7, 9, 4), DType.F32), 0);

        @Override
        public Set<String> names() {
            return Set.of("weight");
        }

        @Override
        public Tensor tensor(String name) {
            return name.equals("weight") ? weight : name.equals("node.weight") ? weight.reshape(252) : null;
        }

        @Override
        public DType dtype(String name) {
            return DType.F32;
        }

        @Override
        public Shape shape(String name) {
            return weight.shape();
        }

        @Override
        public boolean contains(String name) {
            return true;
        }
    }
}
