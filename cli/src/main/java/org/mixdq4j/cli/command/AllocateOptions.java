package org.mixdq4j.cli.command;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.mixdq4j.bitalloc.plan.Layer;
import org.mixdq4j.bitalloc.plan.Pin;
import org.mixdq4j.core.artifact.sensitivity.SizeTable;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.graph.analysis.LayerGroup;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Where the tables of {@code mixdq allocate} lie, and what bits and pins hold for weights and activations. */
final class AllocateOptions {
    private static final List<Integer> MIXDQ_CONTENT = List.of(2, 4, 8);
    private static final List<Integer> MIXDQ_OTHERS = List.of(4, 8);

    @Option(
            names = "--sensitivity",
            paramLabel = "DIR",
            description = "Folder of 'mixdq sensitivity': weights_sqnr.yaml, weights_ssim.yaml, weights_sizes.yaml, and"
                    + " the same of acts if they are to be allocated. In place of the options for single tables.")
    Path sensitivity;

    @Option(
            names = "--model",
            paramLabel = "DIR",
            description = "Model in diffusers' layout whose layers' sizes to take, in place of tables of sizes.")
    Path model;

    @Mixin
    WeightsOptions modelWeights = new WeightsOptions();

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
        @Option(names = "--weights-sqnr", paramLabel = "FILE", description = "SQNR of weights by layer and bits.")
        Path sqnr;

        @Option(
                names = "--weights-ssim",
                paramLabel = "FILE",
                description = "SSIM of weights. The layers it names are the content group.")
        Path ssim;

        @Option(names = "--sizes", paramLabel = "FILE", description = "Sizes of the layers' weights.")
        Path sizes;

        @Option(
                names = "--size-unit",
                paramLabel = "N",
                description = "Parameters a size of 1 stands for. Default: what the '# unit:' comment of the file"
                        + " says, else " + SizeTable.PUBLISHED_WEIGHT_UNIT + " as published; 1 for counts.")
        Double unit;

        @Option(
                names = "--content-bits",
                split = ",",
                paramLabel = "BITS",
                description = "Candidates of content weights. Default: those of 2,4,8 that were measured.")
        List<Integer> content = new ArrayList<>();

        @Option(
                names = "--quality-bits",
                split = ",",
                paramLabel = "BITS",
                description = "Candidates of quality weights. Default: those of 4,8 that were measured.")
        List<Integer> quality = new ArrayList<>();

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
                description = "Input elements a size of 1 stands for. Default: what the '# unit:' comment of the file"
                        + " says, else " + SizeTable.PUBLISHED_ACTIVATION_UNIT + " as published; 1 for counts.")
        Double unit;

        @Option(
                names = "--act-bits",
                paramLabel = "B",
                description = "Budget: average bits of the quantized activations. Default 7.7.")
        Double bits;

        @Option(
                names = "--act-candidates",
                split = ",",
                paramLabel = "BITS",
                description = "Candidates of activations. Default: those of 4,8 that were measured.")
        List<Integer> candidates = new ArrayList<>();

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

        /** Whether anything was asked that needs tables of activations. */
        boolean asked() {
            return bits != null || protect != null || protectWeights || !pins.isEmpty() || !candidates.isEmpty();
        }
    }

    @Option(
            names = "--metric",
            paramLabel = "NAME",
            defaultValue = "decoupled",
            description =
                    "decoupled: content layers are judged by SSIM, the others by SQNR (MixDQ); sqnr: all layers by"
                            + " SQNR as one group, that of quality, to compare with. Default ${DEFAULT-VALUE}.")
    String metric;

    /** Whether the groups have metrics of their own. */
    boolean decoupled() {
        return switch (metric) {
            case "decoupled" -> true;
            case "sqnr" -> false;
            default -> throw new UsageException("--metric is '" + metric + "'; give decoupled or sqnr");
        };
    }

    double protect() {
        double share = activations.protect == null ? 0.01 : activations.protect;
        if (!(share >= 0 && share < 1)) {
            throw new UsageException("--protect is " + share + "; give a share from 0 to below 1, like 0.01");
        }
        return share;
    }

    Map<LayerGroup, List<Integer>> weightCandidates(List<Layer> layers) {
        return Map.of(
                LayerGroup.CONTENT,
                candidates(weights.content, MIXDQ_CONTENT, layers, LayerGroup.CONTENT, "--content-bits"),
                LayerGroup.QUALITY,
                candidates(weights.quality, MIXDQ_OTHERS, layers, LayerGroup.QUALITY, "--quality-bits"));
    }

    Map<LayerGroup, List<Integer>> activationCandidates(List<Layer> layers) {
        List<Integer> given = activations.candidates;
        return Map.of(
                LayerGroup.CONTENT,
                candidates(given, MIXDQ_OTHERS, layers, LayerGroup.CONTENT, "--act-candidates"),
                LayerGroup.QUALITY,
                candidates(given, MIXDQ_OTHERS, layers, LayerGroup.QUALITY, "--act-candidates"));
    }

    private static List<Integer> candidates(
            List<Integer> given, List<Integer> mixdq, List<Layer> layers, LayerGroup group, String option) {
        if (!given.isEmpty()) {
            return given;
        }
        Set<Integer> measured = layers.stream()
                .filter(layer -> layer.group() == group)
                .findFirst()
                .map(layer -> layer.sensitivity().keySet())
                .orElse(Set.copyOf(mixdq));
        List<Integer> both = mixdq.stream().filter(measured::contains).toList();
        if (both.isEmpty()) {
            throw new UsageException("the " + group.word() + " group was measured at " + measured
                    + " bits, none of them among " + mixdq + "; choose its candidates with " + option);
        }
        return both;
    }

    static List<Pin> pins(List<String> texts) {
        return texts.stream().map(Pin::parse).toList();
    }
}
