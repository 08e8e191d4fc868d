package org.mixdq4j.core.artifact.calibration;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.io.Sha256;
import org.mixdq4j.core.network.source.ModelFingerprint;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/** A made-up set: what a network with a latent, a timestep, a text and a vector saw. */
final class CalibrationFixture {
    static final ModelFingerprint MODEL = new ModelFingerprint(Map.of("unet", "ab".repeat(32), "vae", "cd".repeat(32)));

    private CalibrationFixture() {}

    static ObjectNode settings(int steps) {
        ObjectNode settings = Json.mapper().createObjectNode();
        settings.put("steps", steps).put("guidance", 2.5).put("base_seed", 42L).putNull("negative_prompt");
        settings.putObject("scheduler").put("lambda_min_clipped", Double.NEGATIVE_INFINITY);
        for (int i = 0; i < steps; i++) {
            settings.withArray("timesteps").add(999.0 - i);
        }
        return settings;
    }

    static CalibrationManifest manifest(int samples, int steps, int rows, int shardSamples) {
        List<CalibrationSample> all = new ArrayList<>();
        for (int i = 0; i < samples; i++) {
            all.add(new CalibrationSample(100 + i, "caption " + i, (1L << 32) - 1 - i));
        }
        return new CalibrationManifest(MODEL, settings(steps), rows, shardSamples, all, List.of());
    }

    /** What one sample's rows hold; values tell sample, step and row apart. */
    static CalibrationShard.Samples sample(int sample, int steps, int rows) {
        Random random = new Random(sample);
        List<CalibrationRow> all = new ArrayList<>();
        List<Map<String, Tensor>> prompts = new ArrayList<>();
        for (int row = 0; row < rows; row++) {
            prompts.add(Map.of(
                    "encoder_hidden_states", random(random, 1, 3, 2),
                    "time_ids", random(random, 1, 6)));
        }
        for (int step = 0; step < steps; step++) {
            for (int row = 0; row < rows; row++) {
                Map<String, Tensor> inputs = new LinkedHashMap<>(prompts.get(row));
                inputs.put("sample", random(random, 1, 2, 2, 2));
                inputs.put("timestep", Tensor.of(Shape.of(1), 999 - step));
                all.add(new CalibrationRow(sample, step, row, inputs, random(random, 1, 2, 2, 2)));
            }
        }
        return new CalibrationShard.Samples(all, random(random, 1, 2, 2, 2));
    }

    static Tensor random(Random random, int... dims) {
        float[] values = new float[(int) Shape.of(dims).elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return Tensor.of(Shape.of(dims), values);
    }

    static Path shard(Path folder, int shard) {
        return folder.resolve(CalibrationShard.fileName(shard));
    }

    /** Writes a whole set. */
    static CalibrationManifest write(Path folder, int samples, int steps, int rows, int shardSamples) {
        CalibrationManifest manifest = manifest(samples, steps, rows, shardSamples);
        List<String> digests = new ArrayList<>();
        for (int shard = 0; shard < manifest.shardCount(); shard++) {
            List<CalibrationShard.Samples> content = new ArrayList<>();
            for (int i = manifest.firstSample(shard); i < manifest.lastSample(shard); i++) {
                content.add(sample(i, steps, rows));
            }
            CalibrationShard.write(shard(folder, shard), manifest.identity(), content, rows);
            digests.add(Sha256.of(shard(folder, shard)));
        }
        CalibrationManifest finished = manifest.finished(digests);
        finished.write(folder);
        return finished;
    }
}
