package org.mixdq4j.sensitivity;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mixdq4j.core.artifact.calibration.CalibrationManifest;
import org.mixdq4j.core.artifact.calibration.CalibrationRow;
import org.mixdq4j.core.artifact.calibration.CalibrationSample;
import org.mixdq4j.core.artifact.calibration.CalibrationSet;
import org.mixdq4j.core.artifact.calibration.CalibrationShard;
import org.mixdq4j.core.exec.Executors;
import org.mixdq4j.core.exec.Instrumented;
import org.mixdq4j.core.exec.InstrumentedExecutor;
import org.mixdq4j.core.exec.Numerics;
import org.mixdq4j.core.exec.Observer;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.io.Sha256;
import org.mixdq4j.core.network.source.ModelFingerprint;
import org.mixdq4j.core.network.source.ModelFolder;
import org.mixdq4j.core.pipeline.DiffusionNetwork;
import org.mixdq4j.core.pipeline.NoiseSource;
import org.mixdq4j.core.pipeline.TextToImage;
import org.mixdq4j.core.quantize.statistics.ActivationStatistics;
import org.mixdq4j.core.quantize.statistics.StatisticsKey;
import org.mixdq4j.core.quantize.statistics.StatisticsSource;
import org.mixdq4j.core.quantize.statistics.TensorStatistics;
import org.mixdq4j.core.scheduler.Schedulers;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/** The tiny SDXL-Turbo that ships, calibration sets of it made once, and plain statistics over them. */
public final class TinyModel {
    public static final ModelFolder FOLDER =
            ModelFolder.open(Path.of(System.getProperty("mixdq.root"), "util_files/models/tiny-sdxl-turbo"));
    public static final int SIZE = 64;
    private static final List<String> CAPTIONS = List.of(
            "a large red circle in the center",
            "a small blue square on a green background",
            "a yellow star above a purple triangle");
    private static final Path PREPARED = Path.of("target/prepared").toAbsolutePath();

    private static InstrumentedExecutor executor;
    private static final Map<String, CalibrationSet> SETS = new HashMap<>();
    private static final Map<String, ActivationStatistics> STATISTICS = new HashMap<>();

    private TinyModel() {}

    /** One for all tests; not to be closed. */
    public static synchronized InstrumentedExecutor executor() {
        if (executor == null) {
            executor = Executors.instrumented();
        }
        return executor;
    }

    public static Graph graph() {
        return DiffusionNetwork.of(FOLDER).graph(SIZE, SIZE);
    }

    /** Three samples of one step, without guidance; two a shard. */
    public static CalibrationSet calibration() {
        return calibration("calib", 3, 1, 0);
    }

    /** One sample of two steps, each with the negative and the positive side. */
    public static CalibrationSet guided() {
        return calibration("guided", 1, 2, 3);
    }

    private static synchronized CalibrationSet calibration(String name, int samples, int steps, double guidance) {
        return SETS.computeIfAbsent(
                name, key -> calibrate(PREPARED.resolve(name), CAPTIONS.subList(0, samples), steps, guidance));
    }

    private static CalibrationSet calibrate(Path folder, List<String> captions, int steps, double guidance) {
        ObjectNode settings = Json.mapper().createObjectNode();
        settings.set("scheduler", FOLDER.schedulerConfig());
        settings.put("steps", steps).put("guidance", guidance);
        settings.put("height", SIZE).put("width", SIZE);
        ArrayNode timesteps = settings.putArray("timesteps");
        for (double timestep : Schedulers.of(FOLDER.schedulerConfig(), "the scheduler")
                .schedule(steps)
                .timesteps()) {
            timesteps.add(timestep);
        }
        List<CalibrationSample> samples = new ArrayList<>();
        for (String caption : captions) {
            samples.add(new CalibrationSample(samples.size(), caption, 1000 + samples.size()));
        }
        int rows = guidance > 1 ? 2 : 1;
        CalibrationManifest manifest =
                new CalibrationManifest(ModelFingerprint.of(FOLDER), settings, rows, 2, samples, List.of());
        List<String> digests = new ArrayList<>();
        try (TextToImage pipeline =
                TextToImage.open(FOLDER, SIZE, SIZE, Optional.empty(), Numerics.SIMULATED, executor())) {
            for (int shard = 0; shard < manifest.shardCount(); shard++) {
                List<CalibrationShard.Samples> content = new ArrayList<>();
                for (int i = manifest.firstSample(shard); i < manifest.lastSample(shard); i++) {
                    content.add(draw(pipeline, samples.get(i), i, steps, guidance));
                }
                Path file = folder.resolve(CalibrationShard.fileName(shard));
                CalibrationShard.write(file, manifest.identity(), content, rows);
                digests.add(Sha256.of(file));
            }
        }
        manifest.finished(digests).write(folder);
        return CalibrationSet.open(folder);
    }

    private static CalibrationShard.Samples draw(
            TextToImage pipeline, CalibrationSample sample, int index, int steps, double guidance) {
        List<CalibrationRow> rows = new ArrayList<>();
        TextToImage.Result result = pipeline.generate(
                new TextToImage.Request(sample.caption(), Optional.empty(), steps, Optional.empty(), guidance),
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

    /** Gathers statistics of a set once. */
    public static StatisticsSource statistics() {
        return (graph, keys, momentum, batch, model, set, progress) -> {
            synchronized (STATISTICS) {
                return STATISTICS.computeIfAbsent(set.digest(), digest -> collect(graph, keys, momentum, model, set));
            }
        };
    }

    private static ActivationStatistics collect(
            Graph graph, Collection<StatisticsKey> keys, double momentum, Instrumented model, CalibrationSet set) {
        Map<StatisticsKey, TensorStatistics> entries = new LinkedHashMap<>();
        Map<String, List<StatisticsKey>> byValue = new LinkedHashMap<>();
        for (StatisticsKey key : keys) {
            entries.put(key, new TensorStatistics(key.to() - key.from()));
            byValue.computeIfAbsent(graph.node(key.layer()).inputs().get(0), id -> new ArrayList<>())
                    .add(key);
        }
        set.forEachRow(row -> {
            model.run(row.inputs(), graph.outputs().keySet(), new Observer() {
                @Override
                public boolean watches(String id) {
                    return byValue.containsKey(id);
                }

                @Override
                public void observe(String id, Tensor value) {
                    byValue.get(id).forEach(key -> add(graph.node(key.layer()), key, value, entries.get(key)));
                }
            });
            entries.values().forEach(entry -> entry.endBatch(momentum));
        });
        return new ActivationStatistics(entries);
    }

    private static void add(Node layer, StatisticsKey key, Tensor value, TensorStatistics statistics) {
        Shape shape = value.shape();
        int channels = layer.layer().inputs();
        boolean image = layer.layer().inputAxis() == 1;
        int inner = image ? (int) (shape.elements() / shape.dim(0) / channels) : 1;
        int skipped = key.withoutFirstToken() ? 1 : 0;
        statistics.add(
                value.toFloatArray(), channels, inner, key.from(), key.to(), skipped, skipped == 1 ? shape.dim(1) : 1);
    }
}
