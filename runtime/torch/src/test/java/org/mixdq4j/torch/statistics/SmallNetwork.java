package org.mixdq4j.torch.statistics;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.mixdq4j.conformance.support.MemoryWeights;
import org.mixdq4j.core.artifact.calibration.CalibrationManifest;
import org.mixdq4j.core.artifact.calibration.CalibrationRow;
import org.mixdq4j.core.artifact.calibration.CalibrationSample;
import org.mixdq4j.core.artifact.calibration.CalibrationSet;
import org.mixdq4j.core.artifact.calibration.CalibrationShard;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.GraphBuilder;
import org.mixdq4j.core.graph.GraphBuilder.Value;
import org.mixdq4j.core.graph.op.Add;
import org.mixdq4j.core.graph.op.Concat;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.io.Sha256;
import org.mixdq4j.core.network.source.ModelFingerprint;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;

/** What a UNet's layers read: images, joined images, tokens given from outside, vectors. */
final class SmallNetwork {
    private static final Map<String, Shape> INPUTS = Map.of(
            "sample", Shape.of(1, 4, 3, 3),
            "encoder_hidden_states", Shape.of(1, 5, 8),
            "text_embeds", Shape.of(1, 3));

    private SmallNetwork() {}

    static Graph graph() {
        GraphBuilder b = new GraphBuilder("SmallNetwork");
        Value sample = b.input("sample", DType.F32, INPUTS.get("sample"));
        Value text = b.input("encoder_hidden_states", DType.F32, INPUTS.get("encoder_hidden_states"));
        Value vector = b.input("text_embeds", DType.F32, INPUTS.get("text_embeds"));
        Value in = b.add("conv_in", new Conv2d(4, 6, 3, 3, 1, Conv2d.Padding.same(1), true), sample);
        Value joined = b.add("joined", new Concat(1), in, sample);
        b.output("sample", b.add("shortcut", new Conv2d(10, 4, 1, 1, 1, Conv2d.Padding.same(0), true), joined));
        Value k = b.add("to_k", new Linear(8, 4, false), text);
        Value v = b.add("to_v", new Linear(8, 4, false), text);
        b.output("tokens", b.add("sum", new Add(), k, v));
        b.output("vector", b.add("time", new Linear(3, 2, true), vector));
        return b.build();
    }

    static WeightSource weights(Graph graph) {
        return MemoryWeights.randomFor(graph, 1);
    }

    private static Tensor random(Shape shape, Random random, double spread) {
        float[] values = new float[(int) shape.elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (random.nextGaussian() * spread);
        }
        return Tensor.of(shape, values);
    }

    /** One row's inputs; later rows are wider. */
    static Map<String, Tensor> inputs(int sample) {
        Random random = new Random(sample);
        Map<String, Tensor> inputs = new HashMap<>();
        INPUTS.forEach((name, shape) -> inputs.put(name, random(shape, random, 1 + sample)));
        return inputs;
    }

    static CalibrationSet set(Path folder, int samples, int shardSamples) {
        return set(
                folder,
                IntStream.range(0, samples).mapToObj(SmallNetwork::inputs).toList(),
                shardSamples);
    }

    /** A set whose samples are one row each. */
    static CalibrationSet set(Path folder, List<Map<String, Tensor>> rows, int shardSamples) {
        return set(folder, rows, List.of(999.0), shardSamples);
    }

    /** A set whose samples are one row each at every timestep: of the first sample, then of the next. */
    static CalibrationSet set(Path folder, List<Map<String, Tensor>> rows, List<Double> timesteps, int shardSamples) {
        int steps = timesteps.size();
        CalibrationManifest manifest = new CalibrationManifest(
                new ModelFingerprint(Map.of()),
                Json.parse("{\"timesteps\": " + timesteps + "}", "settings"),
                1,
                shardSamples,
                IntStream.range(0, rows.size() / steps)
                        .mapToObj(i -> new CalibrationSample(i, "caption", i))
                        .toList(),
                List.of());
        List<String> digests = new ArrayList<>();
        for (int shard = 0; shard < manifest.shardCount(); shard++) {
            List<CalibrationShard.Samples> content = new ArrayList<>();
            for (int i = manifest.firstSample(shard); i < manifest.lastSample(shard); i++) {
                Tensor output = Tensor.zeros(DType.F32, INPUTS.get("sample"));
                int sample = i;
                content.add(new CalibrationShard.Samples(
                        IntStream.range(0, steps)
                                .mapToObj(step ->
                                        new CalibrationRow(sample, step, 0, rows.get(sample * steps + step), output))
                                .toList(),
                        output));
            }
            Path file = folder.resolve(CalibrationShard.fileName(shard));
            CalibrationShard.write(file, manifest.identity(), content, 1);
            digests.add(Sha256.of(file));
        }
        manifest.finished(digests).write(folder);
        return CalibrationSet.open(folder);
    }
}
