package org.mixdq4j.sensitivity.run;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.mixdq4j.core.artifact.sensitivity.SensitivityFolder;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.exec.Instrumented;
import org.mixdq4j.core.exec.InstrumentedExecutor;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.io.AtomicFiles;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.io.Sha256;
import org.mixdq4j.core.network.CheckpointNames;
import org.mixdq4j.core.network.source.ModelFingerprint;
import org.mixdq4j.core.pipeline.DenoisedPictures;
import org.mixdq4j.core.pipeline.DiffusionNetwork;
import org.mixdq4j.core.pipeline.LatentInput;
import org.mixdq4j.core.pipeline.PromptSettings;
import org.mixdq4j.core.progress.Progress;
import org.mixdq4j.core.quantize.LayerForms;
import org.mixdq4j.core.quantize.LayerQuantizer;
import org.mixdq4j.core.quantize.WeightRounder;
import org.mixdq4j.core.quantize.balance.BalanceSearch;
import org.mixdq4j.core.quantize.balance.VectorCollector;
import org.mixdq4j.core.quantize.statistics.ActivationStatistics;
import org.mixdq4j.core.quantize.statistics.CachedStatistics;
import org.mixdq4j.core.quantize.statistics.StatisticsSource;
import org.mixdq4j.core.safetensors.StoredWeights;
import org.mixdq4j.core.tensor.WeightSource;
import org.mixdq4j.sensitivity.journal.Journal;
import org.mixdq4j.sensitivity.measure.Unit;
import org.mixdq4j.sensitivity.result.Sensitivities;
import org.mixdq4j.sensitivity.result.SensitivityFiles;
import org.mixdq4j.sensitivity.variant.Variants;

/**
 * Float model and calibration set to sensitivity tables. Measurements are written to journals in the folder as they come;
 * the same command goes on where a killed one ended, and one with other bits adds to them. Tables, CSV and summary hold what
 * the last command asked for.
 */
public final class SensitivityRun {
    private final SensitivityRequest request;
    private final StatisticsSource statisticsSource;
    private final InstrumentedExecutor executor;
    private final Progress progress;

    public SensitivityRun(SensitivityRequest request, InstrumentedExecutor executor, Progress progress) {
        this(request, StatisticsSource.COLLECTED, executor, progress);
    }

    SensitivityRun(
            SensitivityRequest request,
            StatisticsSource statisticsSource,
            InstrumentedExecutor executor,
            Progress progress) {
        this.request = request;
        this.statisticsSource = new CachedStatistics(statisticsSource, request.out());
        this.executor = executor;
        this.progress = progress;
    }

    /** @throws UsageException if the folder holds another measurement, or nothing is asked for */
    public SensitivitySummary run() {
        if (request.weightBits().isEmpty() && request.activationBits().isEmpty()) {
            throw new UsageException("There are no candidate bits; give some for weights, activations or both.");
        }
        ModelFingerprint model = ModelFingerprint.of(request.model());
        request.calibration().requireMadeWith(model, request.model());
        DiffusionNetwork network = DiffusionNetwork.of(request.model());
        var settings = request.calibration().manifest().settings();
        Graph graph = network.graph(
                request.calibration().manifest().height(),
                request.calibration().manifest().width(),
                PromptSettings.recorded(settings));
        List<Integer> indices = Unit.choose(request.calibration(), request.units());
        String identity = identity(model, indices);
        prepareFolder(identity);
        long start = System.nanoTime();
        try (StoredWeights source = request.model().weights(network.component())) {
            WeightSource weights = CheckpointNames.adapt(source, graph);
            try (Instrumented compiled = executor.compile(graph, weights);
                    DenoisedPictures pictures = DenoisedPictures.open(
                            request.model(), request.calibration(), LatentInput.shape(graph), executor)) {
                Variants variants = variants(graph, weights, statistics(graph, compiled), compiled);
                UnitSweep sweep = new UnitSweep(request, compiled, pictures, variants, progress);
                Sensitivities found = sweep.run(indices, identity);
                SensitivitySummary summary = new SensitivitySummary(
                        model,
                        request.calibration().digest(),
                        found,
                        indices.size(),
                        sweep.nodesEvaluated(),
                        sweep.nodesNaive(),
                        sweep.measured(),
                        (System.nanoTime() - start) * 1e-9);
                write(found, summary);
                return summary;
            }
        }
    }

    private void write(Sensitivities found, SensitivitySummary summary) {
        SensitivityFolder folder = SensitivityFolder.open(request.out());
        SensitivityFiles.write(
                folder,
                found,
                (found.exact().isEmpty() ? "estimated" : "measured") + " with each layer alone quantized, "
                        + summary.units() + " calibration steps");
        Json.write(folder.summary(), summary.toJson(request));
    }

    private ActivationStatistics statistics(Graph graph, Instrumented model) {
        return statisticsSource.collect(
                graph,
                new LayerForms(graph).allKeys(),
                request.quantizers().momentum(),
                request.quantizers().batch(),
                model,
                request.calibration(),
                progress);
    }

    private Variants variants(Graph graph, WeightSource weights, ActivationStatistics statistics, Instrumented model) {
        var how = request.quantizers();
        LayerQuantizer quantizer =
                new LayerQuantizer(weights, statistics, how.ranges(), WeightRounder.nearest(how.search()));
        LayerQuantizer balanced = how.balance()
                .map(bits -> new BalanceSearch(
                                graph, weights, statistics, new VectorCollector(model, request.calibration()))
                        .search(
                                how.form().quants(graph, bits.weights(), bits.activations()),
                                quantizer,
                                BalanceSearch.Tried.FACTORS,
                                progress))
                .map(balance -> quantizer.balanced(balance.multipliers()))
                .orElse(quantizer);
        return new Variants(
                graph, balanced, how.form(), request.weightBits(), request.activationBits(), request.weightBytes());
    }

    /** Bits and directions of the estimate are not of it: others are measured in addition. */
    private String identity(ModelFingerprint model, List<Integer> units) {
        String what = String.join(
                "\n",
                model.toJson().toString(),
                request.calibration().digest(),
                units.toString(),
                request.quantizers().description(),
                request.similarity().word());
        return Sha256.of(what.getBytes(StandardCharsets.UTF_8));
    }

    /** Before anything is computed, so that a wrong folder is refused at once and nothing in it replaced. */
    private void prepareFolder(String identity) {
        Path out = request.out();
        AtomicFiles.createDirectories(out);
        AtomicFiles.deleteLeftovers(out);
        List<Path> foreign;
        try (Stream<Path> files = Files.list(out)) {
            foreign = files.filter(file -> file.getFileName().toString().endsWith(UnitSweep.JOURNAL))
                    .filter(file -> Journal.isForeign(file, identity))
                    .toList();
        } catch (IOException e) {
            throw AtomicFiles.failure("read", out, e);
        }
        if (!foreign.isEmpty() && !request.overwrite()) {
            throw Journal.foreign(out);
        }
        if (!foreign.isEmpty()) {
            // The tables first: with a journal left the folder is still known to be of another measurement.
            SensitivityFiles.delete(SensitivityFolder.open(out));
            foreign.forEach(SensitivityFiles::delete);
        }
    }
}
