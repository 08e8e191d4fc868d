package org.mixdq4j.bitalloc.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.mixdq4j.bitalloc.solve.KnapsackOracle;
import org.mixdq4j.bitalloc.solve.MultipleChoice;
import org.mixdq4j.bitalloc.solve.MultipleChoiceSolver;
import org.mixdq4j.bitalloc.solve.Solution;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.graph.analysis.LayerGroup;

/** The published SDXL-Turbo tables: groups, protection, proofs, splits. */
class PublishedDataTest {
    private static final MultipleChoiceSolver SOLVER = new MultipleChoiceSolver(120);

    @Test
    void groupsFollowFromTheTables() {
        assertThat(PublishedTables.WEIGHTS).hasSize(794);
        assertThat(PublishedTables.WEIGHTS.stream().filter(l -> l.group() == LayerGroup.CONTENT))
                .hasSize(420);
        assertThat(PublishedTables.weights(4, 8).elements(PublishedTables.BOTH))
                .isBetween(2_560_000_000L, 2_570_000_000L);
        assertThat(ratio(PublishedTables.WEIGHTS)).isCloseTo(2.2418, within(5e-5));
        assertThat(ratio(PublishedTables.ACTIVATIONS)).isCloseTo(1.2062, within(5e-5));
        Layer.requireSame(PublishedTables.WEIGHTS, PublishedTables.ACTIVATIONS);
    }

    private static double ratio(List<Layer> layers) {
        return (double) elements(layers, LayerGroup.CONTENT) / elements(layers, LayerGroup.QUALITY);
    }

    private static long elements(List<Layer> layers, LayerGroup group) {
        return layers.stream()
                .filter(l -> l.group() == group)
                .mapToLong(Layer::elements)
                .sum();
    }

    /** The nine layers of MixDQ's released act_sensitivie_a8_1%.pt. */
    @Test
    void onePercentProtectsTheLayersOfTheRelease() {
        assertThat(Protection.worst(PublishedTables.ACTIVATIONS, 0.01))
                .containsExactlyInAnyOrder(
                        "conv_in",
                        "conv_out",
                        "down_blocks.0.resnets.0.conv2",
                        "up_blocks.2.resnets.2.conv_shortcut",
                        "down_blocks.2.attentions.1.transformer_blocks.5.ff.net.2",
                        "down_blocks.2.attentions.1.transformer_blocks.6.ff.net.2",
                        "down_blocks.2.attentions.1.transformer_blocks.7.ff.net.2",
                        "down_blocks.2.attentions.1.transformer_blocks.8.ff.net.2",
                        "up_blocks.0.attentions.0.transformer_blocks.0.ff.net.2");
        BitPlan plan = new Allocator(PublishedTables.activations(), Budget.ofBits(7.7), SOLVER).joint();
        assertThat(plan.counts(List.of(LayerGroup.CONTENT))).containsEntry(Decision.FLOAT, 5);
        assertThat(plan.counts(List.of(LayerGroup.QUALITY))).containsEntry(Decision.FLOAT, 4);
        assertThat(Protection.worst(PublishedTables.ACTIVATIONS, 0)).isEmpty();
    }

    static Stream<Arguments> programs() {
        // The quality group's own candidates 4 and 8 make averages below 4 infeasible; there it may have 2 bits as
        // well.
        return Stream.of(
                        Stream.of(3.0, 3.66, 4.0, 5.0, 6.6, 7.4)
                                .map(b ->
                                        Arguments.of("weights", LayerGroup.CONTENT, b, PublishedTables.weights(4, 8))),
                        Stream.of(3.0, 3.66)
                                .map(b -> Arguments.of(
                                        "weights", LayerGroup.QUALITY, b, PublishedTables.weights(2, 4, 8))),
                        Stream.of(4.0, 5.0, 7.4)
                                .map(b ->
                                        Arguments.of("weights", LayerGroup.QUALITY, b, PublishedTables.weights(4, 8))),
                        Stream.of(LayerGroup.values()).flatMap(g -> Stream.of(4.0, 5.0, 7.4, 7.7)
                                .map(b -> Arguments.of("acts", g, b, PublishedTables.activations()))))
                .flatMap(s -> s);
    }

    @ParameterizedTest(name = "{0} {1} at {2} bits")
    @MethodSource("programs")
    void eachGroupIsProvenOptimal(String what, LayerGroup group, double bits, BitProblem problem) {
        List<LayerGroup> only = List.of(group);
        long capacity = (long) Math.floor(bits * problem.elements(only));
        MultipleChoice program = problem.knapsack(group, 0, capacity);
        Solution solution = SOLVER.solve(program);
        System.out.printf(
                Locale.ROOT,
                "%s %s %.2f: %.6f bits, %d bytes, objective %.9f, bound %.9f, gap %.1e, %.3f s%n",
                what,
                group.word(),
                bits,
                (double) program.cost(solution.choice()) / problem.elements(only),
                Budget.bytes(program.cost(solution.choice())),
                solution.objective(),
                solution.bound(),
                solution.gap(),
                solution.seconds());
        assertThat(solution.proven()).isTrue();
        assertThat(solution.gap()).isBetween(0.0, 1e-8 * program.range());
        assertThat(program.cost(solution.choice())).isLessThanOrEqualTo(capacity);
        assertThat(solution.objective()).isCloseTo(KnapsackOracle.optimum(program), within(1e-9 * program.range()));
    }

    @ParameterizedTest(name = "{0} {1}")
    @CsvSource({"weights,3.0", "weights,4.0", "weights,5.0", "acts,5.0", "acts,7.7"})
    void theJointPlanIsProvenAndNoSplitBeatsIt(String what, double bits) {
        BitProblem problem = what.equals("acts") ? PublishedTables.activations() : PublishedTables.weights(4, 8);
        Allocator allocator = new Allocator(problem, Budget.ofBits(bits), SOLVER);
        BitPlan joint = allocator.joint();
        assertThat(joint.proven()).isTrue();
        assertThat(joint.average(PublishedTables.BOTH)).isLessThanOrEqualTo(bits);
        for (double k : allocator.splits().evenly(3)) {
            BitPlan split = allocator.split(k);
            assertThat(split.proven()).isTrue();
            assertThat(split.average(PublishedTables.BOTH)).isLessThanOrEqualTo(bits);
            assertThat(share(problem, split)).isLessThanOrEqualTo(share(problem, joint) + 1e-8);
        }
    }

    private static double share(BitProblem problem, BitPlan plan) {
        return Stream.of(LayerGroup.values())
                .mapToDouble(g -> plan.objective(g) / problem.range(g))
                .sum();
    }

    /** The limits of MixDQ's sweeps are what the general rule gives for its own targets. */
    @ParameterizedTest(name = "{0} {1}")
    @CsvSource({"weights,4.0,0.277,1.000", "weights,5.0,0.458,1.362", "acts,7.7,0.931,1.090"})
    void splitsRangeOverAllThatIsFeasible(String what, double bits, double least, double most) {
        // The limits of MixDQ hold for all layers, without protection.
        BitProblem problem = what.equals("acts")
                ? new BitProblem(
                        PublishedTables.ACTIVATIONS,
                        Map.of(LayerGroup.CONTENT, List.of(2, 4, 8), LayerGroup.QUALITY, List.of(4, 8)),
                        Map.of(),
                        Set.of())
                : PublishedTables.weights(4, 8);
        SplitRange range = new Allocator(problem, Budget.ofBits(bits), SOLVER).splits();
        assertThat(range.least()).isCloseTo(least, within(1e-3));
        assertThat(range.most()).isCloseTo(most, within(1e-3));
        double[] ratios = range.evenly(4);
        assertThat(ratios).hasSize(4).startsWith(range.least());
        assertThat(ratios[3]).isCloseTo(range.most(), within(1e-12));
    }

    @Test
    void bytesAndBitsTogetherGiveTheTighter() {
        BitProblem problem = PublishedTables.weights(4, 8);
        Budget both = new Budget(OptionalDouble.of(5), OptionalLong.of(1_000_000_000L), 0);
        BitPlan plan = new Allocator(problem, both, SOLVER).joint();
        assertThat(plan.bytes()).isBetween(999_000_000L, 1_000_000_000L);
        assertThat(plan.average(PublishedTables.BOTH)).isLessThan(3.2);
    }

    @Test
    void anInfeasibleBudgetSaysWhatIsFeasible() {
        BitProblem problem = PublishedTables.weights(4, 8);
        assertThatThrownBy(() -> new Allocator(problem, Budget.ofBits(2.5), SOLVER))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("2.5")
                .hasMessageContaining("2.6169 to 8.0000");
        Allocator three = new Allocator(problem, Budget.ofBits(3), SOLVER);
        assertThatThrownBy(() -> three.split(1))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("0.3815 to 0.6385");
        Budget bytes = new Budget(OptionalDouble.empty(), OptionalLong.of(1000), 0);
        assertThatThrownBy(() -> new Allocator(problem, bytes, SOLVER))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("1000 bytes")
                .hasMessageContaining("to 2565880320 are feasible");
    }

    @Test
    void theFrontierHoldsNoPlanThatAnotherBeats(@TempDir Path folder) throws Exception {
        BitProblem problem = PublishedTables.weights(4, 8);
        List<Frontier.Point> points = Frontier.of(problem, Frontier.budgets(Frontier.averages(problem, 4)), 3, SOLVER);
        assertThat(points).hasSizeGreaterThan(10).allMatch(p -> p.plan().proven());
        assertThat(points.get(0).plan().average(PublishedTables.BOTH)).isCloseTo(2.6169, within(1e-4));
        List<Frontier.Point> kept = points.stream().filter(p -> !p.dominated()).toList();
        for (Frontier.Point a : kept) {
            assertThat(kept)
                    .noneMatch(b -> b != a
                            && b.plan().objective(LayerGroup.CONTENT)
                                    >= a.plan().objective(LayerGroup.CONTENT)
                            && b.plan().objective(LayerGroup.QUALITY)
                                    >= a.plan().objective(LayerGroup.QUALITY)
                            && b.plan().cost(PublishedTables.BOTH) <= a.plan().cost(PublishedTables.BOTH));
        }
        Files.createDirectories(folder);
        Files.writeString(folder.resolve("weights_999.yaml"), "of an earlier run");
        assertThat(PlanFiles.writeFrontier(folder, "weights", points)).hasSize(points.size());
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).hasSize(kept.size());
        }
    }
}
