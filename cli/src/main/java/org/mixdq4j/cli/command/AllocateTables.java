package org.mixdq4j.cli.command;

import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.mixdq4j.bitalloc.plan.Layer;
import org.mixdq4j.core.artifact.sensitivity.Provenance;
import org.mixdq4j.core.artifact.sensitivity.SensitivityFolder;
import org.mixdq4j.core.artifact.sensitivity.SensitivityFolder.Part;
import org.mixdq4j.core.artifact.sensitivity.SensitivityTable;
import org.mixdq4j.core.artifact.sensitivity.SizeTable;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.analysis.LayerSizes;
import org.mixdq4j.core.network.source.ModelFingerprint;
import org.mixdq4j.core.network.source.ModelSource;
import org.mixdq4j.core.pipeline.DiffusionNetwork;

/**
 * The layers that {@code mixdq allocate} gives bits to, from a folder or from single tables.
 *
 * @param activations empty if only weights are allocated
 * @param provenance what the tables were measured on
 */
record AllocateTables(List<Layer> weights, List<Layer> activations, Provenance provenance) {
    /** Where the tables of weights or of activations lie; sizes are those of the model if there is one. */
    private record Source(Path sqnr, Path ssim, Path sizes, Double unit, double published) {
        boolean isEmpty() {
            return Stream.of(sqnr, ssim, sizes).allMatch(file -> file == null);
        }
    }

    /** @throws UsageException if tables are missing or given twice */
    static AllocateTables of(AllocateOptions options) {
        AllocateOptions.Weights w = options.weights;
        AllocateOptions.Activations a = options.activations;
        Source weights = new Source(w.sqnr, w.ssim, w.sizes, w.unit, SizeTable.PUBLISHED_WEIGHT_UNIT);
        Source acts = new Source(a.sqnr, a.ssim, a.sizes, a.unit, SizeTable.PUBLISHED_ACTIVATION_UNIT);
        Optional<Graph> graph = Optional.empty();
        Provenance provenance = Provenance.UNKNOWN;
        if (options.sensitivity != null) {
            if (!weights.isEmpty() || !acts.isEmpty()) {
                throw new UsageException("--sensitivity stands for all tables, but single ones were given with it;"
                        + " give either the folder or the tables");
            }
            SensitivityFolder folder = SensitivityFolder.open(options.sensitivity);
            provenance = folder.provenance();
            weights = of(folder, Part.WEIGHTS, weights);
            acts = folder.has(Part.ACTIVATIONS) ? of(folder, Part.ACTIVATIONS, acts) : acts;
        }
        if (options.model != null) {
            if (w.sizes != null || a.sizes != null) {
                throw new UsageException("sizes were given as a table and by --model; give one of both");
            }
            graph = Optional.of(graph(options, provenance));
            weights = new Source(weights.sqnr, weights.ssim, null, weights.unit, weights.published);
            acts = new Source(acts.sqnr, acts.ssim, null, acts.unit, acts.published);
        }
        requireWhole(weights, options, "--weights-sqnr", "--weights-ssim", "--sizes");
        List<Layer> ofWeights = layers(weights, options, graph.map(LayerSizes::weights));
        if (acts.isEmpty()) {
            if (a.asked()) {
                throw new UsageException("bits, candidates, pins and protection of activations need their tables; "
                        + (options.sensitivity == null
                                ? "add --acts-sqnr, --acts-ssim and --act-sizes"
                                : "there are none in " + options.sensitivity + ", so measure activations too"));
            }
            return new AllocateTables(ofWeights, List.of(), provenance);
        }
        requireWhole(acts, options, "--acts-sqnr", "--acts-ssim", "--act-sizes");
        List<Layer> ofActs = layers(acts, options, graph.map(LayerSizes::inputs));
        Layer.requireSame(ofWeights, ofActs);
        return new AllocateTables(ofWeights, ofActs, provenance);
    }

    private static Source of(SensitivityFolder folder, Part part, Source given) {
        return new Source(folder.sqnr(part), folder.ssim(part), folder.sizes(part), given.unit, given.published);
    }

    private static void requireWhole(Source source, AllocateOptions options, String sqnr, String ssim, String sizes) {
        boolean sized = options.model != null || source.sizes != null;
        boolean judged = source.ssim != null || !options.decoupled();
        if (source.sqnr == null || !judged || !sized) {
            String missing = source.sqnr == null ? sqnr : judged ? sizes + " (or --model)" : ssim;
            throw new UsageException("the table " + missing + " is missing; give " + sqnr + ", " + ssim + " and "
                    + sizes + " together, or a folder of 'mixdq sensitivity' with --sensitivity");
        }
    }

    private static Graph graph(AllocateOptions options, Provenance provenance) {
        ModelSource folder = options.modelWeights.open(options.model);
        if (provenance.model().isPresent()) {
            provenance.requireModel(ModelFingerprint.of(folder), "the folder " + options.sensitivity, options.model);
        }
        return DiffusionNetwork.of(folder).defaultGraph();
    }

    private static List<Layer> layers(Source source, AllocateOptions options, Optional<Map<String, Long>> derived) {
        if (source.unit != null && (!(source.unit > 0) || source.unit.isInfinite())) {
            throw new UsageException("the unit of sizes is " + source.unit + "; give a number above 0");
        }
        OptionalDouble unit = source.unit == null ? OptionalDouble.empty() : OptionalDouble.of(source.unit);
        SensitivityTable sqnr = SensitivityTable.read(source.sqnr, options.columns);
        SensitivityTable ssim = options.decoupled()
                ? SensitivityTable.read(source.ssim, options.columns)
                : new SensitivityTable(source.sqnr, sqnr.columns(), Collections.emptySortedMap());
        return Layer.join(
                sqnr,
                ssim,
                derived.map(sizes -> new SizeTable(options.model, new TreeMap<>(sizes)))
                        .orElseGet(() -> SizeTable.read(source.sizes, unit, source.published)));
    }
}
