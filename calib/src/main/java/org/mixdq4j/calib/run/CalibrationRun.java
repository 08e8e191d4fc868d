package org.mixdq4j.calib.run;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.mixdq4j.calib.captions.Caption;
import org.mixdq4j.core.artifact.calibration.CalibrationManifest;
import org.mixdq4j.core.artifact.calibration.CalibrationRow;
import org.mixdq4j.core.artifact.calibration.CalibrationSample;
import org.mixdq4j.core.artifact.calibration.CalibrationShard;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.exec.Executor;
import org.mixdq4j.core.exec.Numerics;
import org.mixdq4j.core.image.Png;
import org.mixdq4j.core.image.RgbImage;
import org.mixdq4j.core.io.AtomicFiles;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.io.Sha256;
import org.mixdq4j.core.network.source.ModelFingerprint;
import org.mixdq4j.core.pipeline.DenoiseStep;
import org.mixdq4j.core.pipeline.NoiseSource;
import org.mixdq4j.core.pipeline.PictureSeries;
import org.mixdq4j.core.pipeline.PipelineSetup;
import org.mixdq4j.core.pipeline.TextToImage;
import org.mixdq4j.core.progress.Progress;
import org.mixdq4j.core.random.TorchRandom;
import org.mixdq4j.core.safetensors.SafetensorsFile;
import org.mixdq4j.core.tensor.Tensor;

/**
 * Draws each caption with the float model and keeps what the network saw and said. The manifest goes down first, without
 * digests; then shard by shard, pictures before the shard that vouches for them; the digests last. Stopped anywhere, the
 * same call goes on after the last whole shard and ends with the same bytes.
 */
public final class CalibrationRun {
    private final CalibrationRequest request;
    private final Executor executor;
    private final Progress progress;

    public CalibrationRun(CalibrationRequest request, Executor executor, Progress progress) {
        this.request = request;
        this.executor = executor;
        this.progress = progress;
    }

    /** What was done. @param reused shards found whole from an earlier, stopped run */
    public record Outcome(CalibrationManifest manifest, int reused, boolean alreadyFinished) {}

    public Outcome run() {
        CalibrationManifest manifest;
        int reused = 0;
        Optional<CalibrationManifest> existing = CalibrationManifest.read(request.out());
        // Without these a shard is taken for whole by its header alone, and a finished set's digests would be made
        // anew.
        List<String> known = existing.map(CalibrationManifest::shards).orElse(List.of());
        PipelineSetup setup = new PipelineSetup(
                request.model(),
                request.height(),
                request.width(),
                request.prompts(),
                Optional.empty(),
                Numerics.SIMULATED,
                request.lowMemory(),
                request.sampling().scheduler());
        try (TextToImage pipeline = TextToImage.open(setup, executor)) {
            requireOneChunk(pipeline);
            manifest = plan(pipeline);
            if (existing.isPresent()) {
                requireSame(existing.get(), manifest);
                if (existing.get().finished() && allShards(manifest, known)) {
                    return new Outcome(existing.get(), manifest.shardCount(), true);
                }
            }
            AtomicFiles.createDirectories(request.out().resolve("images"));
            AtomicFiles.deleteLeftovers(request.out());
            AtomicFiles.deleteLeftovers(request.out().resolve("images"));
            manifest.write(request.out());
            progress.begin("calibrating", manifest.samples().size());
            for (int shard = 0; shard < manifest.shardCount(); shard++) {
                if (wholeShard(manifest, known, shard)) {
                    reused++;
                } else {
                    writeShard(pipeline, manifest, shard);
                }
                progress.at(manifest.lastSample(shard));
            }
            progress.end();
        }
        List<String> digests = new ArrayList<>();
        for (int shard = 0; shard < manifest.shardCount(); shard++) {
            digests.add(Sha256.of(shardFile(shard)));
        }
        CalibrationManifest finished = manifest.finished(digests);
        finished.write(request.out());
        return new Outcome(finished, reused, false);
    }

    /** The rows of a set have one shape. */
    private void requireOneChunk(TextToImage pipeline) {
        List<String> prompts =
                new ArrayList<>(request.captions().stream().map(Caption::text).toList());
        request.negativePrompt().ifPresent(prompts::add);
        for (String prompt : prompts) {
            if (pipeline.chunks(prompt) > 1) {
                throw new UsageException("A calibration set takes prompts of one chunk, but this one has "
                        + pipeline.chunks(prompt) + "; shorten it or leave out --prompt-style: " + prompt);
            }
        }
    }

    private TextToImage.Request drawing(String prompt) {
        return request.sampling().request(prompt, request.negativePrompt());
    }

    private CalibrationManifest plan(TextToImage pipeline) {
        ObjectNode settings = Json.mapper().createObjectNode();
        settings.put("pipeline", request.model().pipelineClass());
        request.sampling().record(settings, pipeline);
        settings.put("negative_prompt", request.negativePrompt().orElse(null));
        request.prompts().record(settings);
        settings.put("height", request.height()).put("width", request.width());
        settings.put("base_seed", request.baseSeed());
        settings.put("device", executor.description());
        List<CalibrationSample> samples = request.captions().stream()
                .map(c -> new CalibrationSample(c.id(), c.text(), TorchRandom.seedOf(c.id(), request.baseSeed())))
                .toList();
        return new CalibrationManifest(
                ModelFingerprint.of(request.model()),
                settings,
                pipeline.guides(request.sampling().guidance()) ? 2 : 1,
                request.shardSamples(),
                samples,
                List.of());
    }

    private void requireSame(CalibrationManifest existing, CalibrationManifest planned) {
        existing.difference(planned).ifPresent(difference -> {
            throw new MixdqException("The folder " + request.out() + " holds a calibration set made with " + difference
                    + "; give another --out, or delete the folder to start anew.");
        });
    }

    private boolean allShards(CalibrationManifest manifest, List<String> known) {
        for (int shard = 0; shard < manifest.shardCount(); shard++) {
            if (!wholeShard(manifest, known, shard)) {
                return false;
            }
        }
        return true;
    }

    private boolean wholeShard(CalibrationManifest manifest, List<String> known, int shard) {
        if (!Files.isRegularFile(shardFile(shard))) {
            return false;
        }
        if (shard < known.size() && !Sha256.of(shardFile(shard)).equals(known.get(shard))) {
            return false;
        }
        try (SafetensorsFile file = SafetensorsFile.open(shardFile(shard))) {
            return CalibrationShard.belongsTo(file, manifest.identity());
        } catch (MixdqException damaged) {
            // A damaged shard is made again: it is derived data, and nothing else is lost.
            return false;
        }
    }

    private void writeShard(TextToImage pipeline, CalibrationManifest manifest, int shard) {
        List<CalibrationShard.Samples> samples = new ArrayList<>();
        int first = manifest.firstSample(shard);
        List<List<CalibrationRow>> rows = new ArrayList<>();
        new PictureSeries(pipeline, request.batchSize(), progress)
                .draw(
                        first,
                        manifest.lastSample(shard),
                        i -> {
                            CalibrationSample sample = manifest.samples().get(i);
                            List<CalibrationRow> own = new ArrayList<>();
                            rows.add(own);
                            return new TextToImage.Job(
                                    drawing(sample.caption()),
                                    NoiseSource.seeded(sample.seed()),
                                    step -> keep(i, step, own));
                        },
                        (i, result) -> {
                            writePicture(manifest.samples().get(i), i, result.image());
                            samples.add(new CalibrationShard.Samples(rows.get(i - first), result.latents()));
                        });
        CalibrationShard.write(shardFile(shard), manifest.identity(), samples, manifest.rows());
    }

    private static void keep(int sample, DenoiseStep step, List<CalibrationRow> rows) {
        for (int row = 0; row < step.inputs().size(); row++) {
            rows.add(new CalibrationRow(
                    sample,
                    step.index(),
                    row,
                    step.inputs().get(row),
                    step.outputs().get(row)));
        }
    }

    private void writePicture(CalibrationSample sample, int index, Tensor picture) {
        String parameters = sample.caption() + "\nSteps: " + request.sampling().count() + ", Seed: " + sample.seed();
        Path image = request.out().resolve("images").resolve(String.format(Locale.ROOT, "%05d.png", index));
        Png.save(image, RgbImage.ofUnit(picture), Map.of("parameters", parameters));
    }

    private Path shardFile(int shard) {
        return request.out().resolve(CalibrationShard.fileName(shard));
    }
}
