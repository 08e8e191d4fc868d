package org.mixdq4j.ptq.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mixdq4j.conformance.support.TinyModel;
import org.mixdq4j.core.artifact.calibration.CalibrationSet;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.exec.Executors;
import org.mixdq4j.core.exec.InstrumentedExecutor;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.io.Sha256;
import org.mixdq4j.ptq.plan.BitTable;
import org.mixdq4j.ptq.plan.Candidates;
import org.mixdq4j.ptq.rank.RankBy;
import org.mixdq4j.ptq.rank.RankedPlan;
import org.mixdq4j.ptq.scheme.Scheme;
import org.mixdq4j.ptq.scheme.SchemeReader;

/** The best of several plans, on the tiny model and four calibration samples. */
class PlanChoiceRunTest {
    private static final Scheme MIXED =
            SchemeReader.read(Path.of(System.getProperty("mixdq.root"), "configs/schemes/mixed.yaml"));
    private static final int SIZE = 32;
    private static final Graph GRAPH = TinyModel.graph(SIZE);
    private static final BitTable COARSE = uniform("w2.yaml", 2);
    private static final BitTable MIDDLE = uniform("w4.yaml", 4);
    private static final BitTable FINE = uniform("w8.yaml", 8);
    private static final BitTable COARSE_ACTS = uniform("a4.yaml", 4);
    private static final BitTable FINE_ACTS = uniform("a8.yaml", 8);

    @TempDir
    private static Path shared;

    private static InstrumentedExecutor executor;
    private static CalibrationSet set;

    @TempDir
    Path dir;

    @BeforeAll
    static void calibrate() {
        executor = Executors.instrumented();
        set = TinyModel.calibrate(shared, executor, new TinyModel.Settings(SIZE, 4, 1, 0));
    }

    @AfterAll
    static void close() {
        executor.close();
    }

    private static BitTable uniform(String name, int bits) {
        Map<String, Integer> all = GRAPH.layers().stream().collect(Collectors.toMap(Node::id, layer -> bits));
        return new BitTable(Path.of(name), new TreeMap<>(all));
    }

    private static PlanChoice.Best best(
            List<BitTable> weights,
            List<BitTable> acts,
            Optional<BitTable> fixed,
            PlanChoice.Limits limits,
            RankBy by) {
        return new PlanChoice.Best(new Candidates(weights, acts), fixed, limits, by, 2, false);
    }

    private static PlanChoice.Limits limits(double bits, long bytes) {
        return new PlanChoice.Limits(
                Double.isNaN(bits) ? OptionalDouble.empty() : OptionalDouble.of(bits),
                OptionalDouble.empty(),
                bytes == 0 ? OptionalLong.empty() : OptionalLong.of(bytes));
    }

    private PtqRequest request(PlanChoice choice, Path out) {
        return new PtqRequest(TinyModel.FOLDER, set, MIXED, Optional.of(choice), 0, false, out);
    }

    private static List<String> names(PtqSummary summary, String round) {
        return summary.candidates().stream()
                .filter(candidate -> candidate.round().equals(round))
                .map(RankedPlan::name)
                .toList();
    }

    @ParameterizedTest
    @EnumSource(RankBy.class)
    void theFinestWeightsAndThenTheFinestActivationsWin(RankBy by) {
        PlanChoice choice = best(
                List.of(COARSE, FINE, MIDDLE),
                List.of(COARSE_ACTS, FINE_ACTS),
                Optional.empty(),
                PlanChoice.Limits.none(),
                by);
        WatchedRun watched = new WatchedRun();
        PtqSummary summary = watched.run(request(choice, dir.resolve("out")), executor);

        assertThat(watched.stages()).contains("ranking plans of weights 6", "ranking plans of acts 4");
        assertThat(names(summary, "weights")).containsExactly("w8.yaml", "w4.yaml", "w2.yaml");
        assertThat(names(summary, "acts")).containsExactly("a8.yaml", "a4.yaml");
        assertThat(summary.candidates()).extracting(RankedPlan::rank).containsExactly(1, 2, 3, 1, 2);
        assertThat(summary.candidates()).extracting(RankedPlan::bits).containsExactly(8.0, 4.0, 2.0, 8.0, 4.0);
        assertThat(summary.formCounts()).containsOnlyKeys("W8A8");
        assertThat(summary.candidates())
                .allSatisfy(candidate ->
                        assertThat(candidate.quality().pictures().isPresent()).isEqualTo(by != RankBy.SQNR));
        RankedPlan first = summary.candidates().get(0);
        RankedPlan chosen = summary.candidates().get(3);
        assertThat(first.quality().outputSqnr())
                .as("weights are ranked with inputs in float")
                .isGreaterThan(chosen.quality().outputSqnr());
        assertThat(chosen.bytes()).isEqualTo(summary.network().total());
        assertThat(summary.toJson().path("candidates")).hasSize(5);
    }

    @Test
    void withOnePlanOfActivationsThereIsOneRound() {
        PlanChoice choice = best(
                List.of(COARSE, MIDDLE),
                List.of(COARSE_ACTS),
                Optional.of(FINE_ACTS),
                PlanChoice.Limits.none(),
                RankBy.SQNR);
        PtqSummary summary = new WatchedRun().run(request(choice, dir.resolve("out")), executor);
        assertThat(names(summary, "acts")).isEmpty();
        assertThat(summary.formCounts()).containsOnlyKeys("W4A8");
    }

    @Test
    void limitsSayWhichCandidatesAreTried() {
        List<BitTable> all = List.of(COARSE, MIDDLE, FINE);
        PlanChoice near = best(all, List.of(), Optional.empty(), limits(4.2, 0), RankBy.SQNR);
        PtqSummary summary = new WatchedRun().run(request(near, dir.resolve("near")), executor);
        assertThat(names(summary, "weights")).containsExactly("w4.yaml");
        assertThat(summary.formCounts()).containsOnlyKeys("W4A8");
        long bytes = summary.network().total();

        PlanChoice small = best(all, List.of(), Optional.empty(), limits(Double.NaN, bytes), RankBy.SQNR);
        PtqSummary fitting = new WatchedRun().run(request(small, dir.resolve("small")), executor);
        assertThat(names(fitting, "weights")).containsExactly("w4.yaml", "w2.yaml");
        assertThatThrownBy(() -> new WatchedRun()
                        .run(
                                request(
                                        best(all, List.of(), Optional.empty(), limits(8, bytes), RankBy.SQNR),
                                        dir.resolve("none")),
                                executor))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("None of the 1 candidates makes a network of at most " + bytes + " bytes");
        assertThatThrownBy(() -> new WatchedRun()
                        .run(
                                request(
                                        best(all, List.of(), Optional.empty(), limits(3.5, 0), RankBy.SQNR),
                                        dir.resolve("none")),
                                executor))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("weights of 3.20 to 3.50 bits on average, they have 2.00 to 8.00");
        assertThat(dir.resolve("none.partial")).doesNotExist();
    }

    private static Map<String, String> digests(Path folder) throws IOException {
        Map<String, String> digests = new TreeMap<>();
        try (var files = Files.walk(folder)) {
            files.filter(Files::isRegularFile)
                    .forEach(file -> digests.put(folder.relativize(file).toString(), Sha256.of(file)));
        }
        return digests;
    }

    @Test
    void aStoppedRankingGoesOnAndGivesTheSameBytes() throws IOException {
        PlanChoice choice = best(
                List.of(COARSE, MIDDLE),
                List.of(COARSE_ACTS, FINE_ACTS),
                Optional.empty(),
                PlanChoice.Limits.none(),
                RankBy.PSNR);
        new WatchedRun().run(request(choice, dir.resolve("whole")), executor);
        Path out = dir.resolve("stopped");
        assertThatThrownBy(() -> new WatchedRun("ranking plans of acts", 3).run(request(choice, out), executor))
                .isInstanceOf(WatchedRun.Stopped.class);
        PlanChoice wider =
                best(List.of(COARSE, MIDDLE, FINE), List.of(), Optional.empty(), limits(8.1, 0), RankBy.PSNR);
        assertThatThrownBy(() -> new WatchedRun("ranking plans of weights", 2).run(request(wider, out), executor))
                .isInstanceOf(WatchedRun.Stopped.class);

        WatchedRun watched = new WatchedRun();
        watched.run(request(choice, out), executor);

        assertThat(watched.collected()).isZero();
        assertThat(watched.stages())
                .as("both weights plans and one of activations had been measured")
                .containsExactly("ranking plans of acts 2", "quantizing layers 263");
        assertThat(digests(out)).isEqualTo(digests(dir.resolve("whole"))).containsKey("plan_quality.json");
    }
}
