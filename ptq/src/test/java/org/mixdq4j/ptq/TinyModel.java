package org.mixdq4j.ptq;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mixdq4j.core.artifact.calibration.CalibrationManifest;
import org.mixdq4j.core.artifact.calibration.CalibrationRow;
import org.mixdq4j.core.artifact.calibration.CalibrationSample;
import org.mixdq4j.core.artifact.calibration.CalibrationSet;
import org.mixdq4j.core.artifact.calibration.CalibrationShard;
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
import org.mixdq4j.core.quantize.statistics.TensorStatistics;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/** The tiny SDXL-Turbo that ships, a calibration set of four samples, and plain statistics over it. */
public final class TinyModel {
    public static final ModelFolder FOLDER =
            ModelFolder.open(Path.of(System.getProperty("mixdq.root"), "util_files/models/tiny-sdxl-turbo"));
    public static final int SIZE = 96;
    private static final List<String> CAPTIONS = List.of(
            "a large red circle in the center",
            "a small blue square on a green background",
            "a yellow star above a purple triangle",
            "a white cross on a striped gray background");

    private TinyModel() {}

    public static Graph graph() {
        return DiffusionNetwork.of(FOLDER).graph(SIZE, SIZE);
    }

    /** Draws the captions in one step and writes what the network saw; a shard a pair. */
    public static CalibrationSet calibrate(Path folder, InstrumentedExecutor executor) {
        ObjectNode settings = Json.mapper().createObjectNode();
        settings.put("height", SIZE).put("width", SIZE).put("steps", 1).put("guidance", 0.0);
        settings.set("scheduler", FOLDER.schedulerConfig());
        settings.putArray("timesteps").add(999.0);
        List<CalibrationSample> samples = new ArrayList<>();
        for (int i = 0; i < CAPTIONS.size(); i++) {
            samples.add(new CalibrationSample(i, CAPTIONS.get(i), 1000 + i));
        }
        CalibrationManifest manifest =
                new CalibrationManifest(ModelFingerprint.of(FOLDER), settings, 1, 2, samples, List.of());
        List<String> digests = new ArrayList<>();
        try (TextToImage pipeline =
                TextToImage.open(FOLDER, SIZE, SIZE, Optional.empty(), Numerics.SIMULATED, executor)) {
            for (int shard = 0; shard < manifest.shardCount(); shard++) {
                List<CalibrationShard.Samples> content = new ArrayList<>();
                for (int i = manifest.firstSample(shard); i < manifest.lastSample(shard); i++) {
                    content.add(draw(pipeline, samples.get(i), i));
                }
                Path file = folder.resolve(CalibrationShard.fileName(shard));
                CalibrationShard.write(file, manifest.identity(), content, 1);
                digests.add(Sha256.of(file));
            }
        }
        manifest.finished(digests).write(folder);
        return CalibrationSet.open(folder);
    }

    private static CalibrationShard.Samples draw(TextToImage pipeline, CalibrationSample sample, int index) {
        List<CalibrationRow> rows = new ArrayList<>();
        TextToImage.Request request =
                new TextToImage.Request(sample.caption(), Optional.empty(), 1, Optional.empty(), 0);
        TextToImage.Result result = pipeline.generate(
                request,
                NoiseSource.seeded(sample.seed()),
                step -> rows.add(new CalibrationRow(
                        index,
                        step.index(),
                        0,
                        step.inputs().get(0),
                        step.outputs().get(0))));
        return new CalibrationShard.Samples(rows, result.latents());
    }

    /** One entry a key, each counted by itself. */
    public static ActivationStatistics statistics(
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
                    for (StatisticsKey key : byValue.get(id)) {
                        add(graph.node(key.layer()), key, value, entries.get(key));
                    }
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
