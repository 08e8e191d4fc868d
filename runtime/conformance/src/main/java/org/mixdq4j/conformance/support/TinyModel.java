package org.mixdq4j.conformance.support;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.mixdq4j.core.artifact.calibration.CalibrationManifest;
import org.mixdq4j.core.artifact.calibration.CalibrationRow;
import org.mixdq4j.core.artifact.calibration.CalibrationSample;
import org.mixdq4j.core.artifact.calibration.CalibrationSet;
import org.mixdq4j.core.artifact.calibration.CalibrationShard;
import org.mixdq4j.core.exec.Instrumented;
import org.mixdq4j.core.exec.InstrumentedExecutor;
import org.mixdq4j.core.exec.Numerics;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.io.Sha256;
import org.mixdq4j.core.network.source.ModelFingerprint;
import org.mixdq4j.core.network.source.ModelFolder;
import org.mixdq4j.core.pipeline.DiffusionNetwork;
import org.mixdq4j.core.pipeline.NoiseSource;
import org.mixdq4j.core.pipeline.TextToImage;
import org.mixdq4j.core.progress.Progress;
import org.mixdq4j.core.quantize.statistics.ActivationStatistics;
import org.mixdq4j.core.quantize.statistics.StatisticsCollector;
import org.mixdq4j.core.quantize.statistics.StatisticsKey;
import org.mixdq4j.core.scheduler.Schedulers;

/** The tiny SDXL-Turbo that ships, and calibration sets of it. */
public final class TinyModel {
    public static final ModelFolder FOLDER =
            ModelFolder.open(Path.of(System.getProperty("mixdq.root"), "util_files/models/tiny-sdxl-turbo"));
    private static final int SIZE = 96;
    private static final List<String> CAPTIONS = List.of(
            "a large red circle in the center",
            "a small blue square on a green background",
            "a yellow star above a purple triangle",
            "a white cross on a striped gray background");

    private TinyModel() {}

    /** The UNet's at the model's own size. */
    public static Graph graph() {
        return graph(SIZE);
    }

    /** The UNet's. @param size of pictures, width and height */
    public static Graph graph(int size) {
        return DiffusionNetwork.of(FOLDER).graph(size, size);
    }

    /** Draws four captions in one step without guidance, at the model's own size, and writes what the network saw. */
    public static CalibrationSet calibrate(Path folder, InstrumentedExecutor executor) {
        return calibrate(folder, executor, new Settings(SIZE, 4, 1, 0));
    }

    /** @param guidance above 1: each step has a negative and a positive row */
    public record Settings(int size, int samples, int steps, double guidance) {
        int rows() {
            return guidance > 1 ? 2 : 1;
        }
    }

    /** Draws captions, four at most, and writes what the network saw; a shard a pair. */
    public static CalibrationSet calibrate(Path folder, InstrumentedExecutor executor, Settings how) {
        List<CalibrationSample> samples = new ArrayList<>();
        for (String caption : CAPTIONS.subList(0, how.samples())) {
            samples.add(new CalibrationSample(samples.size(), caption, 1000 + samples.size()));
        }
        CalibrationManifest manifest =
                new CalibrationManifest(ModelFingerprint.of(FOLDER), recorded(how), how.rows(), 2, samples, List.of());
        List<String> digests = new ArrayList<>();
        try (TextToImage pipeline =
                TextToImage.open(FOLDER, how.size(), how.size(), Optional.empty(), Numerics.SIMULATED, executor)) {
            for (int shard = 0; shard < manifest.shardCount(); shard++) {
                List<CalibrationShard.Samples> content = new ArrayList<>();
                for (int i = manifest.firstSample(shard); i < manifest.lastSample(shard); i++) {
                    content.add(draw(pipeline, samples.get(i), i, how));
                }
                Path file = folder.resolve(CalibrationShard.fileName(shard));
                CalibrationShard.write(file, manifest.identity(), content, how.rows());
                digests.add(Sha256.of(file));
            }
        }
        manifest.finished(digests).write(folder);
        return CalibrationSet.open(folder);
    }

    private static ObjectNode recorded(Settings how) {
        ObjectNode settings = Json.mapper().createObjectNode();
        settings.set("scheduler", FOLDER.schedulerConfig());
        settings.put("steps", how.steps()).put("guidance", how.guidance());
        settings.put("height", how.size()).put("width", how.size());
        ArrayNode timesteps = settings.putArray("timesteps");
        for (double timestep : Schedulers.of(FOLDER.schedulerConfig(), "the scheduler")
                .schedule(how.steps())
                .timesteps()) {
            timesteps.add(timestep);
        }
        return settings;
    }

    private static CalibrationShard.Samples draw(
            TextToImage pipeline, CalibrationSample sample, int index, Settings how) {
        List<CalibrationRow> rows = new ArrayList<>();
        TextToImage.Result result = pipeline.generate(
                new TextToImage.Request(
                        sample.caption(), Optional.empty(), how.steps(), Optional.empty(), how.guidance()),
                NoiseSource.seeded(sample.seed()),
                step -> {
                    for (int row = 0; row < step.inputs().size(); row++) {
                        rows.add(new CalibrationRow(
                                index,
                                step.index(),
                                row,
                                step.inputs().get(row),
                                step.outputs().get(row)));
                    }
                });
        return new CalibrationShard.Samples(rows, result.latents());
    }

    /** Statistics of what is wanted, an end of a batch a row. @param model the UNet in float */
    public static ActivationStatistics statistics(
            Graph graph, Collection<StatisticsKey> keys, double momentum, Instrumented model, CalibrationSet set) {
        return new StatisticsCollector(graph, keys, momentum, 1, set).collect(model, Progress.SILENT);
    }
}
