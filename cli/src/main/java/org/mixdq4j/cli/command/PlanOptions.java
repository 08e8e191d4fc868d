package org.mixdq4j.cli.command;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.mixdq4j.core.artifact.plan.PlanPaths;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.ptq.plan.BitPlan;
import org.mixdq4j.ptq.plan.BitTable;
import org.mixdq4j.ptq.plan.Candidates;
import org.mixdq4j.ptq.plan.PlanReader;
import org.mixdq4j.ptq.rank.RankBy;
import org.mixdq4j.ptq.run.PlanChoice;
import org.mixdq4j.ptq.scheme.Scheme;
import picocli.CommandLine.Option;

/** Which bits {@code mixdq ptq} gives each layer, if not the scheme's. */
final class PlanOptions {
    @Option(
            names = "--plan",
            paramLabel = "FILE",
            description = "Bits of each layer's weight, as allocate writes them; the scheme says the rest.")
    Path plan;

    @Option(
            names = "--acts-plan",
            paramLabel = "FILE",
            description = "Bits of each layer's input. Default: NAME.acts.yaml beside --plan if it exists, else the"
                    + " scheme's.")
    Path acts;

    @Option(
            names = "--plans",
            paramLabel = "DIR",
            description =
                    "Instead of --plan: the .candidates folder of an allocation. All are tried by simulation, first"
                            + " weights, then activations with the best weights; the best are quantized.")
    Path plans;

    @Option(
            names = "--bits",
            paramLabel = "B",
            description = "Of --plans, only weights of B - 0.3 to B bits on average.")
    Double bits;

    @Option(
            names = "--act-bits",
            paramLabel = "B",
            description = "Of --plans, only activations of B - 0.3 to B bits on average.")
    Double actBits;

    @Option(
            names = "--max-bytes",
            paramLabel = "N",
            description = "Of --plans, only those whose network takes at most N bytes, the file's header not counted.")
    Long maxBytes;

    @Option(
            names = "--rank-by",
            paramLabel = "WHAT",
            description = "What makes a plan of --plans the best: psnr or ssim of pictures, or sqnr of the network's"
                    + " output, which is quicker. Default psnr.")
    String rankBy;

    @Option(
            names = "--rank-rows",
            paramLabel = "N",
            description = "Calibration samples (a step of each) to try plans on. Default 32.")
    Integer rankRows;

    @Option(
            names = "--protect",
            description =
                    "Keep the scheme's worst layers (keep_float.worst) in float besides those of the plan; without"
                            + " this the plan decides.")
    boolean protect;

    /** Empty: the scheme's bits. */
    Optional<PlanChoice> choice(Scheme scheme) {
        if (plan != null && plans != null) {
            throw new UsageException(
                    "Both --plan and --plans are given; give the one plan or the folder to choose from.");
        }
        if (plans == null) {
            require("--plans", Stream.of(bits, actBits, maxBytes, rankBy, rankRows), "choose among candidates");
        }
        if (plan == null && plans == null) {
            require("--plan or --plans", Stream.of(acts, protect ? true : null), "say something of plans");
            return Optional.empty();
        }
        if (acts != null && scheme.activations().bits() == Scheme.FLOAT_BITS) {
            throw new UsageException("The scheme " + scheme.name() + " leaves inputs in float (activations.bits: "
                    + Scheme.FLOAT_BITS + "), but --acts-plan gives their bits; drop one of them.");
        }
        if (plans != null) {
            return Optional.of(best());
        }
        BitTable weights = PlanReader.read(plan);
        return Optional.of(new PlanChoice.Given(new BitPlan(weights, acts(scheme)), protect));
    }

    private Optional<BitTable> acts(Scheme scheme) {
        if (acts != null) {
            return Optional.of(PlanReader.read(acts));
        }
        Path beside = PlanPaths.activations(plan);
        boolean quantized = scheme.activations().bits() != Scheme.FLOAT_BITS;
        return quantized && Files.isRegularFile(beside) ? Optional.of(PlanReader.read(beside)) : Optional.empty();
    }

    private PlanChoice best() {
        RankBy by = rankBy == null
                ? RankBy.PSNR
                : RankBy.of(rankBy)
                        .orElseThrow(() -> new UsageException("--rank-by is " + rankBy + "; give "
                                + Arrays.stream(RankBy.values())
                                        .map(RankBy::word)
                                        .collect(Collectors.joining(", "))
                                + "."));
        int rows = rankRows == null ? 32 : rankRows;
        SamplingOptions.positive("--rank-rows", rows);
        return new PlanChoice.Best(
                Candidates.read(plans),
                Optional.ofNullable(acts).map(PlanReader::read),
                new PlanChoice.Limits(average("--bits", bits), average("--act-bits", actBits), bytes()),
                by,
                rows,
                protect);
    }

    private OptionalLong bytes() {
        if (maxBytes != null && maxBytes <= 0) {
            throw new UsageException("--max-bytes is " + maxBytes + "; give 1 or more.");
        }
        return maxBytes == null ? OptionalLong.empty() : OptionalLong.of(maxBytes);
    }

    private static OptionalDouble average(String option, Double value) {
        if (value != null && !(value > 0 && value <= Scheme.FLOAT_BITS)) {
            throw new UsageException(option + " is " + value + "; give an average of bits like 4.0.");
        }
        return value == null ? OptionalDouble.empty() : OptionalDouble.of(value);
    }

    private static void require(String option, Stream<?> given, String what) {
        if (given.anyMatch(Objects::nonNull)) {
            throw new UsageException(
                    "Options that " + what + " are given without " + option + "; add it or drop them.");
        }
    }
}
