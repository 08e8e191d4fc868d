package org.mixdq4j.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.function.Executable;
import org.mixdq4j.core.exec.Arithmetic;
import org.mixdq4j.core.exec.Executor;
import org.mixdq4j.core.exec.Loaded;
import org.mixdq4j.core.exec.Network;
import org.mixdq4j.core.exec.Numerics;
import org.mixdq4j.core.exec.Session;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Tensor;

/**
 * What every executor must do: each case as plain Java computes it, whatever its memory held before. An executor's tests
 * extend this and say how it is made.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class ExecutorConformance {
    private final Numerics numerics;
    /** What repeated cases gave at first, all rows together. */
    private final Map<String, Map<String, Tensor>> together = new HashMap<>();

    private Executor executor;

    /** @param numerics what the executor is asked for */
    protected ExecutorConformance(Numerics numerics) {
        this.numerics = numerics;
    }

    /** A new one; closed after the tests. */
    protected abstract Executor create();

    /**
     * How what is created from now on is told how many threads to use, until what is returned is run; empty for executors without
     * such a number, and for those whose last bits depend on it.
     */
    protected Optional<IntFunction<Runnable>> threads() {
        return Optional.empty();
    }

    /** Cases that are known to fail, by name, and how: what is fixed has to be taken off. */
    protected Map<String, String> faults() {
        return Map.of();
    }

    /** Whether a case is run: all are, unless an executor is so slow that a sample must do. */
    protected boolean wants(Case test) {
        return true;
    }

    @BeforeAll
    void open() {
        executor = create();
    }

    @AfterAll
    void close() {
        executor.close();
    }

    @TestFactory
    Stream<DynamicTest> ops() {
        return tests(Cases.ops());
    }

    @TestFactory
    Stream<DynamicTest> quantizedLayers() {
        return tests(Cases.quantizedLayers());
    }

    @TestFactory
    Stream<DynamicTest> networks() {
        return tests(Cases.networks());
    }

    private Stream<DynamicTest> tests(List<Case> cases) {
        return cases.stream().filter(this::wants).map(test -> test(test.name(), () -> run(test)));
    }

    private DynamicTest test(String name, Executable test) {
        return DynamicTest.dynamicTest(
                name,
                faults().containsKey(name)
                        ? () -> assertThatThrownBy(test::execute)
                                .as(faults().get(name))
                                .isInstanceOf(Throwable.class)
                        : test);
    }

    /** What must not change a bit: another loading of the same weights, rows beside a row, the number of threads. */
    @TestFactory
    Stream<DynamicTest> repeats() {
        List<DynamicTest> tests = new ArrayList<>();
        for (RepeatedCase repeated : RepeatedCase.all()) {
            if (wants(repeated.whole())) {
                tests.add(test(
                        repeated + ", loaded again",
                        () -> same(together(repeated), computed(executor, repeated.whole()), "loaded again")));
                tests.add(test(repeated + ", row by row", () -> rowByRow(repeated)));
                threads()
                        .ifPresent(set ->
                                tests.add(test(repeated + ", by 1 and 3 threads", () -> byThreads(repeated, set))));
            }
        }
        return tests.stream();
    }

    private Map<String, Tensor> together(RepeatedCase repeated) {
        return together.computeIfAbsent(repeated.toString(), name -> computed(executor, repeated.whole()));
    }

    private Map<String, Tensor> computed(Executor by, Case test) {
        try (Loaded loaded = by.load(test.weights(), test.layers(), numerics)) {
            return loaded.plan(test.graph()).run(test.inputs());
        }
    }

    private void rowByRow(RepeatedCase repeated) {
        for (int row = 0; row < RepeatedCase.ROWS; row++) {
            Map<String, Tensor> expected = RepeatedCase.row(together(repeated), row);
            Map<String, Tensor> alone = computed(executor, repeated.row(row));
            if (repeated.integer() && numerics.arithmetic() == Arithmetic.INTEGER) {
                same(expected, alone, "of row " + row + " alone");
            } else {
                Agreement.check(repeated.row(row), numerics.floats(), expected, alone);
            }
        }
    }

    private void byThreads(RepeatedCase repeated, IntFunction<Runnable> set) {
        Map<String, Tensor> first = together(repeated);
        for (int count : new int[] {1, 3}) {
            Runnable reset = set.apply(count);
            try (Executor other = create()) {
                assertThat(other.description()).contains(count + " threads");
                same(first, computed(other, repeated.whole()), "by " + count + " threads");
            } finally {
                reset.run();
            }
        }
    }

    private void run(Case test) {
        Map<String, Tensor> expected = Expected.of(test);
        Map<String, byte[]> before = bytes(test.inputs());
        try (Loaded loaded = executor.load(test.weights(), test.layers(), numerics)) {
            Network network = loaded.plan(test.graph());
            Map<String, Tensor> first;
            try (Session session = network.session()) {
                test.inputs().forEach(session::set);
                first = session.run();
                Agreement.check(test, numerics.floats(), expected, first);
                poison(session, test);
                same(first, session.run(), "after a run on other inputs");
                for (String output : test.graph().outputs().keySet()) {
                    assertThat(session.run(Set.of(output))).containsOnlyKeys(output);
                }
                same(first, session.run(), "once more");
            }
            same(first, network.run(test.inputs()), "in another session");
            // A hint, and nothing else.
            try (Network steady =
                            loaded.plan(test.graph(), test.graph().inputs().keySet());
                    Session session = steady.session()) {
                test.inputs().forEach(session::set);
                same(first, session.run(), "with all inputs steady");
                poison(session, test);
                same(first, session.run(), "with all inputs steady, after others");
            }
        }
        bytes(test.inputs()).forEach((name, bytes) -> assertThat(bytes)
                .as("the input %s belongs to the caller", name)
                .isEqualTo(before.get(name)));
    }

    /** Leaves numbers behind that nothing must read again: those of a run on inputs that are no numbers. */
    private static void poison(Session session, Case test) {
        test.inputs().forEach((name, tensor) -> {
            if (tensor.dtype() == DType.F32) {
                float[] values = new float[(int) tensor.shape().elements()];
                Arrays.fill(values, Float.NaN);
                session.set(name, Tensor.of(tensor.shape(), values));
            }
        });
        session.run();
        test.inputs().forEach(session::set);
    }

    private static void same(Map<String, Tensor> first, Map<String, Tensor> found, String when) {
        assertThat(found.keySet()).isEqualTo(first.keySet());
        first.forEach((name, tensor) -> assertThat(found.get(name).toFloatArray())
                .as("%s %s", name, when)
                .isEqualTo(tensor.toFloatArray()));
    }

    private static Map<String, byte[]> bytes(Map<String, Tensor> inputs) {
        Map<String, byte[]> bytes = new LinkedHashMap<>();
        inputs.forEach((name, tensor) -> {
            byte[] copy = new byte[tensor.buffer().remaining()];
            tensor.buffer().duplicate().get(copy);
            bytes.put(name, copy);
        });
        return bytes;
    }

    /** Two networks of one executor, and two sessions of each, take turns without a trace of each other. */
    @TestFactory
    protected Stream<DynamicTest> sideBySide() {
        return Stream.of(DynamicTest.dynamicTest("networks and sessions side by side", this::takeTurns));
    }

    private void takeTurns() {
        List<Case> cases = Cases.networks();
        List<AutoCloseable> open = new ArrayList<>();
        Map<Session, Map<String, Tensor>> sessions = new LinkedHashMap<>();
        try {
            for (Case test : cases.subList(0, 8)) {
                Loaded loaded = executor.load(test.weights(), test.layers(), numerics);
                open.add(loaded);
                Network network = loaded.plan(test.graph());
                for (int i = 0; i < 2; i++) {
                    Session session = network.session();
                    open.add(session);
                    int seed = i;
                    test.inputs()
                            .forEach((name, tensor) ->
                                    session.set(name, Values.NORMAL.of(tensor.shape(), name.hashCode() + seed)));
                    sessions.put(session, session.run());
                }
            }
            for (int round = 0; round < 2; round++) {
                sessions.forEach((session, outputs) -> same(outputs, session.run(), "in turn"));
            }
        } finally {
            for (int i = open.size() - 1; i >= 0; i--) {
                closeQuietly(open.get(i));
            }
        }
    }

    private static void closeQuietly(AutoCloseable closeable) {
        try {
            closeable.close();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
