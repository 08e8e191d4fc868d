package org.mixdq4j.core.lower.memory;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.lower.Draft;
import org.mixdq4j.core.lower.Lowering;
import org.mixdq4j.core.lower.Program;
import org.mixdq4j.core.lower.Targets;
import org.mixdq4j.core.lower.Value;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.pass.Steps;
import org.mixdq4j.core.lower.step.Epilogue;
import org.mixdq4j.core.lower.step.Move;
import org.mixdq4j.core.lower.step.Output;
import org.mixdq4j.core.lower.step.Pointwise;
import org.mixdq4j.core.lower.step.Step;
import org.mixdq4j.core.network.NetworkShape;
import org.mixdq4j.core.network.Networks;
import org.mixdq4j.core.network.Shipped;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;

/** No value is written over while it is needed, and the arena is little larger than what is needed at the fullest step. */
class PlanMemoryTest {
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void keepsValuesOfRandomProgramsApart(long seed) {
        Random random = new Random(seed);
        for (Targets target : Targets.values()) {
            for (int i = 0; i < 20; i++) {
                Draft draft = randomSums(random);
                Set<String> steady = random.nextBoolean() ? Set.of("a") : Set.of();
                Program program = PlanMemory.place(draft, steady, target);
                checkApart(program);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"full_size/sdxl-turbo/unet", "full_size/sd3-medium/transformer", "full_size/sdxl-turbo/vae"})
    void keepsValuesOfNetworksApartInLittleMemory(String folder) {
        Graph graph = Networks.build(Shipped.config(folder), new NetworkShape(1, 24, 24, 77));
        for (Targets target : Targets.values()) {
            Program program = Lowering.lower(graph, id -> Optional.empty(), Set.of("encoder_hidden_states"), target);
            long peak = checkApart(program);
            assertThat((double) program.arenaBytes() / peak).as(target + "").isBetween(1.0, 1.15);
        }
    }

    @Test
    void writesASumOverAnOperandThatDies() {
        Value x = new Value("x", Shape.of(3, 4), DType.F32);
        Value y = new Value("y", Shape.of(3, 4), DType.F32);
        Value z = new Value("z", Shape.of(3, 4), DType.F32);
        Draft draft = new Draft("sum", Map.of("x", x), List.of(sum(y, x, x), sum(z, x, y)), Map.of("z", View.of(z)));
        Program program = PlanMemory.place(draft, Set.of(), Targets.ALL);
        assertThat(program.places().get("z")).isEqualTo(program.places().get("y"));
        assertThat(program.places().get("y")).isNotEqualTo(program.places().get("x"));
        Program apart = PlanMemory.place(draft, Set.of(), Targets.NONE);
        assertThat(apart.places().get("z")).isNotEqualTo(apart.places().get("y"));
    }

    /** Runs the program with tags in place of numbers. @return the most bytes that are needed at a step */
    private static long checkApart(Program program) {
        int length = program.steps().size();
        Map<Value, Integer> last = new HashMap<>();
        for (int i = 0; i < length; i++) {
            int at = i;
            program.steps().get(i).reads().forEach(view -> last.put(view.value(), at));
        }
        program.outputs().values().forEach(view -> last.put(view.value(), length));
        program.inputs().values().forEach(value -> last.put(value, length));
        Set<Value> readByOthers = new HashSet<>();
        Set<Value> ofSteadySteps = new HashSet<>();
        BitSet steady = program.steadySteps();
        for (int i = 0; i < length; i++) {
            Step step = program.steps().get(i);
            if (steady.get(i)) {
                step.writes().forEach(view -> ofSteadySteps.add(view.value()));
            } else {
                step.reads().forEach(view -> readByOthers.add(view.value()));
            }
        }
        ofSteadySteps.retainAll(readByOthers);
        ofSteadySteps.forEach(value -> last.put(value, length));
        Set<Value> live = new LinkedHashSet<>(program.inputs().values());
        long peak = 0;
        for (int i = 0; i < length; i++) {
            int at = i;
            Step step = program.steps().get(i);
            assertThat(live)
                    .as("what " + step.id() + " reads")
                    .containsAll(step.reads().stream().map(View::value).toList());
            Set<Value> written =
                    new LinkedHashSet<>(step.writes().stream().map(View::value).toList());
            for (Value value : written) {
                assertThat(program.places().get(value.id()) % Targets.ALL.alignment())
                        .isZero();
                assertThat(program.places().get(value.id()) + value.bytes()).isLessThanOrEqualTo(program.arenaBytes());
                for (Value other : live) {
                    boolean same = other.equals(value);
                    boolean overwritten = last.getOrDefault(other, -1) == at && isOperand(step, other);
                    assertThat(same || overwritten || !overlap(program, value, other))
                            .as(value + " over " + other + " by " + step)
                            .isTrue();
                }
            }
            live.addAll(written);
            peak = Math.max(peak, bytes(live));
            live.removeIf(value -> last.getOrDefault(value, -1) <= at);
        }
        return peak;
    }

    private static boolean isOperand(Step step, Value value) {
        return Steps.then(step).stream()
                .anyMatch(each ->
                        each instanceof Epilogue.Add add && add.other().value().equals(value));
    }

    private static boolean overlap(Program program, Value a, Value b) {
        long from = program.places().get(a.id());
        long other = program.places().get(b.id());
        return from < other + b.bytes() && other < from + a.bytes();
    }

    private static long bytes(Set<Value> values) {
        return values.stream().mapToLong(Value::bytes).sum();
    }

    private static Draft randomSums(Random random) {
        Map<String, Value> inputs = new LinkedHashMap<>();
        List<Value> values = new ArrayList<>();
        for (String name : List.of("a", "b")) {
            Value value = new Value(name, Shape.of(2, 8), DType.F32);
            inputs.put(name, value);
            values.add(value);
        }
        List<Step> steps = new ArrayList<>();
        for (int i = 0; i < 25; i++) {
            Value x = values.get(Math.max(0, values.size() - 1 - random.nextInt(6)));
            List<Value> alike =
                    values.stream().filter(v -> v.shape().equals(x.shape())).toList();
            Value y = alike.get(Math.max(0, alike.size() - 1 - random.nextInt(3)));
            Value out = new Value("v" + i, x.shape(), DType.F32);
            steps.add(sum(out, x, y));
            values.add(out);
            if (random.nextInt(3) == 0) {
                Value wide = new Value("w" + i, Shape.of(2, 1 + random.nextInt(50)), DType.F32);
                View repeated = View.of(out).slice(1, 0, 1).expand(wide.shape());
                steps.add(new Move("w" + i, repeated, View.of(wide)));
                values.add(wide);
            }
        }
        return new Draft("sums", inputs, steps, Map.of("out", View.of(values.get(values.size() - 1))));
    }

    private static Step sum(Value out, Value x, Value y) {
        return new Pointwise(
                out.id(),
                List.of(View.of(x)),
                List.of(new Epilogue.Add(View.of(y))),
                List.of(new Output.Floats(View.of(out))));
    }
}
