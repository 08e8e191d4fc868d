package org.mixdq4j.cli.command;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.mixdq4j.bitalloc.plan.Group;
import org.mixdq4j.bitalloc.plan.Layer;
import org.mixdq4j.bitalloc.plan.Pin;
import org.mixdq4j.bitalloc.table.SensitivityTable;
import org.mixdq4j.bitalloc.table.SizeTable;
import org.mixdq4j.core.error.UsageException;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Where the tables of {@code mixdq allocate} lie, and what bits and pins hold for weights and activations. */
final class AllocateOptions {
    @Mixin
    Weights weights = new Weights();

    @Mixin
    Activations activations = new Activations();

    @Option(
            names = "--columns",
            split = ",",
            paramLabel = "BITS",
            description = "Bits of the tables' columns. Default: what their '# bits:' comment says, else 2,4,8.")
    List<Integer> columns = new ArrayList<>();

    static final class Weights {
        @Option(
                names = "--weights-sqnr",
                required = true,
                paramLabel = "FILE",
                description = "SQNR of weights by layer and bits.")
        Path sqnr;

        @Option(
                names = "--weights-ssim",
                required = true,
                paramLabel = "FILE",
                description = "SSIM of weights. The layers it names are the content group.")
        Path ssim;

        @Option(names = "--sizes", required = true, paramLabel = "FILE", description = "Sizes of the layers' weights.")
        Path sizes;

        @Option(
                names = "--size-unit",
                paramLabel = "N",
                defaultValue = "" + SizeTable.PUBLISHED_WEIGHT_UNIT,
                description =
                        "Parameters a size of 1 stands for. Default ${DEFAULT-VALUE}, as published; 1 for counts.")
        double unit;

        @Option(
                names = "--content-bits",
                split = ",",
                paramLabel = "BITS",
                defaultValue = "2,4,8",
                description = "Candidates of content weights. Default ${DEFAULT-VALUE}.")
        List<Integer> content;

        @Option(
                names = "--quality-bits",
                split = ",",
                paramLabel = "BITS",
                defaultValue = "4,8",
                description = "Candidates of quality weights. Default ${DEFAULT-VALUE}.")
        List<Integer> quality;

        @Option(
                names = "--pin",
                paramLabel = "GLOB=BITS",
                description = "Fix the weights of layers: 'conv_in=8', '*.to_v=float'. May be given again.")
        List<String> pins = new ArrayList<>();
    }

    static final class Activations {
        @Option(
                names = "--acts-sqnr",
                paramLabel = "FILE",
                description = "SQNR of activations; goes with the next two.")
        Path sqnr;

        @Option(names = "--acts-ssim", paramLabel = "FILE", description = "SSIM of activations.")
        Path ssim;

        @Option(names = "--act-sizes", paramLabel = "FILE", description = "Sizes of the layers' inputs.")
        Path sizes;

        @Option(
                names = "--act-unit",
                paramLabel = "N",
                defaultValue = "" + SizeTable.PUBLISHED_ACTIVATION_UNIT,
                description =
                        "Input elements a size of 1 stands for. Default ${DEFAULT-VALUE}, as published; 1 for counts.")
        double unit;

        @Option(
                names = "--act-bits",
                paramLabel = "B",
                description = "Budget: average bits of the quantized activations. Default 7.7.")
        Double bits;

        @Option(
                names = "--act-candidates",
                split = ",",
                paramLabel = "BITS",
                defaultValue = "4,8",
                description = "Candidates of activations. Default ${DEFAULT-VALUE}.")
        List<Integer> candidates;

        @Option(names = "--act-pin", paramLabel = "GLOB=BITS", description = "Fix the activations of layers.")
        List<String> pins = new ArrayList<>();

        @Option(
                names = "--protect",
                paramLabel = "SHARE",
                description = "Share of each group, the most sensitive at 8 bits, whose activations stay in float."
                        + " Default 0.01; 0 for none.")
        Double protect;

        @Option(names = "--protect-weights", description = "Leave the weights of protected layers in float too.")
        boolean protectWeights;
    }

    boolean hasActivations() {
        Activations a = activations;
        boolean any = a.sqnr != null || a.ssim != null || a.sizes != null;
        if (any && (a.sqnr == null || a.ssim == null || a.sizes == null)) {
            throw new UsageException(
                    "only some tables of activations were given; give --acts-sqnr, --acts-ssim and --act-sizes together");
        }
        if (!any && (a.bits != null || a.protect != null || a.protectWeights || !a.pins.isEmpty())) {
            throw new UsageException("bits, pins and protection of activations need their tables; add --acts-sqnr,"
                    + " --acts-ssim and --act-sizes");
        }
        return any;
    }

    double protect() {
        double share = activations.protect == null ? 0.01 : activations.protect;
        if (!(share >= 0 && share < 1)) {
            throw new UsageException("--protect is " + share + "; give a share from 0 to below 1, like 0.01");
        }
        return share;
    }

    List<Layer> weightLayers() {
        return layers(weights.sqnr, weights.ssim, weights.sizes, weights.unit);
    }

    List<Layer> activationLayers() {
        return layers(activations.sqnr, activations.ssim, activations.sizes, activations.unit);
    }

    private List<Layer> layers(Path sqnr, Path ssim, Path sizes, double unit) {
        if (!(unit > 0) || Double.isInfinite(unit)) {
            throw new UsageException("the unit of sizes is " + unit + "; give a number above 0");
        }
        return Layer.join(
                SensitivityTable.read(sqnr, columns),
                SensitivityTable.read(ssim, columns),
                SizeTable.read(sizes, unit));
    }

    Map<Group, List<Integer>> weightCandidates() {
        return Map.of(Group.CONTENT, weights.content, Group.QUALITY, weights.quality);
    }

    Map<Group, List<Integer>> activationCandidates() {
        return Map.of(Group.CONTENT, activations.candidates, Group.QUALITY, activations.candidates);
    }

    static List<Pin> pins(List<String> texts) {
        return texts.stream().map(Pin::parse).toList();
    }
}
