package org.mixdq4j.evaluate.run;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.mixdq4j.core.artifact.checkpoint.QuantizationConfig;
import org.mixdq4j.core.artifact.checkpoint.QuantizedCheckpoint;
import org.mixdq4j.core.artifact.checkpoint.comfy.QuantizedSources;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.exec.Executor;
import org.mixdq4j.core.image.Png;
import org.mixdq4j.core.image.RgbImage;
import org.mixdq4j.core.io.AtomicFiles;
import org.mixdq4j.core.io.Folders;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.network.source.ModelFingerprint;
import org.mixdq4j.core.pipeline.DiffusionNetwork;
import org.mixdq4j.core.pipeline.PipelineSetup;
import org.mixdq4j.core.pipeline.TextToImage;
import org.mixdq4j.core.progress.Progress;
import org.mixdq4j.evaluate.pair.Drawing;
import org.mixdq4j.evaluate.pair.Drawn;
import org.mixdq4j.evaluate.pair.DrawnStore;
import org.mixdq4j.evaluate.pair.Likeness;
import org.mixdq4j.evaluate.pair.PairEvaluation;
import org.mixdq4j.evaluate.statistic.Estimate;

/**
 * Draws with the float model and each checkpoint, shows all pictures to the judges and writes the result folder. One
 * model is in memory at a time. All is made in {@code <out>.partial}, which takes the place of {@code out} at the end; a
 * stopped run leaves only the former, and the next one starts it anew.
 */
public final class EvaluationRun {
    private final EvaluationRequest request;
    private final Judges judges;
    private final Executor executor;
    private final Progress progress;
    private final Path work;
    private final Path scratch;

    /** @param judges closed by the caller */
    public EvaluationRun(EvaluationRequest request, Judges judges, Executor executor, Progress progress) {
        this.request = request;
        this.judges = judges;
        this.executor = executor;
        this.progress = progress;
        this.work = Path.of(request.out().toAbsolutePath().normalize() + ".partial");
        this.scratch = work.resolve("scratch");
    }

    public record Outcome(EvaluationResult result, JsonNode json) {}

    public Outcome run() {
        // What can be refused is refused before hours of drawing.
        requireFreeOutput();
        ModelFingerprint model = ModelFingerprint.of(request.model());
        request.variants().values().forEach(folder -> {
            try (QuantizedCheckpoint checkpoint = QuantizedSources.open(folder, request.model())) {
                checkpoint.requireMadeFrom(model, request.model());
            }
        });
        Optional<List<PictureJudging.Shown>> real =
                request.reference().map(folder -> ReferencePictures.read(folder, request.samples()));
        judges.tryOut(request.height(), request.width());
        prepareWork();

        PairEvaluation pairs =
                new PairEvaluation(drawings(), request.batchSize(), DrawnStore.onDisk(scratch), progress);
        double floatSeconds = drawFloat(pairs);
        Map<String, PairEvaluation.Outcome> compared = new LinkedHashMap<>();
        request.variants().forEach((name, folder) -> compared.put(name, drawVariant(pairs, name, folder)));
        delete(scratch);

        EvaluationResult result = judge(floatSeconds, compared, real);
        JsonNode json = EvaluationJson.of(request, model, judges.clip(), result);
        Json.write(work.resolve(EvaluationJson.FILE), json);
        Folders.replace(work, request.out());
        return new Outcome(result, json);
    }

    private void requireFreeOutput() {
        Path out = request.out();
        if (!Files.exists(out) || isEmptyFolder(out)) {
            return;
        }
        Path file = out.resolve(EvaluationJson.FILE);
        boolean ours = Files.isRegularFile(file)
                && Json.read(file).path("format").asText().equals(EvaluationJson.FORMAT);
        if (!ours) {
            throw new UsageException("The path " + out
                    + " exists and is no evaluation; give another --out so that nothing of yours is replaced.");
        }
        if (!request.overwrite()) {
            throw new UsageException("There is an evaluation in " + out
                    + " already; give another --out, or --overwrite to replace it once the new one is finished.");
        }
    }

    private static boolean isEmptyFolder(Path folder) {
        if (!Files.isDirectory(folder)) {
            return false;
        }
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.findAny().isEmpty();
        } catch (IOException e) {
            throw AtomicFiles.failure("read", folder, e);
        }
    }

    private void prepareWork() {
        AtomicFiles.createDirectories(work);
        AtomicFiles.deleteLeftovers(work);
        delete(scratch);
        delete(work.resolve("images"));
        AtomicFiles.createDirectories(scratch);
    }

    private static void delete(Path folder) {
        try {
            Folders.delete(folder);
        } catch (IOException e) {
            throw AtomicFiles.failure("delete", folder, e);
        }
    }

    private List<Drawing> drawings() {
        return request.samples().stream()
                .map(sample -> new Drawing(
                        request.sampling().request(sample.caption(), request.negativePrompt()), sample.seed()))
                .toList();
    }

    private double drawFloat(PairEvaluation pairs) {
        try (TextToImage pipeline = pipeline(Optional.empty())) {
            return pairs.drawReference(
                    pipeline, "drawing in float", (i, drawn) -> save(EvaluationRequest.FLOAT, i, drawn));
        }
    }

    private PairEvaluation.Outcome drawVariant(PairEvaluation pairs, String name, Path folder) {
        try (QuantizedCheckpoint checkpoint = QuantizedSources.open(folder, request.model());
                TextToImage pipeline = pipeline(Optional.of(checkpoint))) {
            return pairs.compare(pipeline, "drawing " + name, (i, drawn) -> save(name, i, drawn));
        }
    }

    private TextToImage pipeline(Optional<QuantizedCheckpoint> checkpoint) {
        PipelineSetup setup = new PipelineSetup(
                request.model(),
                request.height(),
                request.width(),
                request.prompts(),
                checkpoint,
                request.numerics(),
                request.lowMemory(),
                request.sampling().scheduler());
        return TextToImage.open(setup, executor);
    }

    private void save(String variant, int index, Drawn drawn) {
        Sample sample = request.samples().get(index);
        String parameters = sample.caption() + "\nSteps: " + request.sampling().count() + ", Seed: " + sample.seed();
        Png.save(picture(variant, index), RgbImage.ofUnit(drawn.image()), Map.of("parameters", parameters));
    }

    private Path picture(String variant, int index) {
        return work.resolve("images").resolve(variant).resolve(String.format(Locale.ROOT, "%05d.png", index));
    }

    private List<PictureJudging.Shown> drawn(String variant) {
        List<PictureJudging.Shown> shown = new ArrayList<>();
        for (int i = 0; i < request.samples().size(); i++) {
            Optional<String> prompt = Optional.of(request.samples().get(i).caption());
            shown.add(new PictureJudging.Shown(picture(variant, i), prompt));
        }
        return shown;
    }

    private EvaluationResult judge(
            double floatSeconds,
            Map<String, PairEvaluation.Outcome> compared,
            Optional<List<PictureJudging.Shown>> real) {
        PictureJudging judging = new PictureJudging(judges, progress);
        Judging figures = new Judging(request.resamples(), request.seed());
        List<PictureJudging.Shown> floatPictures = drawn(EvaluationRequest.FLOAT);
        Judgement inFloat = judging.judge("judging float", floatPictures);
        Optional<Judgement> reference = real.map(pictures -> judging.judge("judging reference", pictures));
        List<Judgement> all = new ArrayList<>(List.of(inFloat));
        reference.ifPresent(all::add);

        List<String> scoreNames = List.copyOf(inFloat.scores().keySet());
        ImagesCsv csv = new ImagesCsv(request.samples(), scoreNames);
        csv.add(EvaluationRequest.FLOAT, List.of(), Optional.empty(), inFloat);
        List<VariantResult> variants = new ArrayList<>();
        for (Map.Entry<String, PairEvaluation.Outcome> entry : compared.entrySet()) {
            String name = entry.getKey();
            List<PictureJudging.Shown> pictures = drawn(name);
            Judgement judgement = judging.judge("judging " + name, pictures);
            Optional<double[]> lpips = judging.distances("comparing " + name, floatPictures, pictures);
            List<Likeness> likenesses = entry.getValue().likenesses();
            csv.add(name, likenesses, lpips, judgement);
            Path folder = request.variants().get(name);
            try (QuantizedCheckpoint checkpoint = QuantizedSources.open(folder, request.model())) {
                variants.add(new VariantResult(
                        name,
                        folder,
                        checkpoint.bytes(),
                        layers(checkpoint.config()),
                        entry.getValue(),
                        lpips.map(Estimate::ofMean),
                        Judging.means(judgement),
                        Judging.differences(judgement, inFloat),
                        figures.fid(judgement, inFloat, true),
                        reference.flatMap(r -> figures.fid(judgement, r, false))));
            }
        }
        csv.write(work.resolve("images.csv"));
        FloatResult floatResult = new FloatResult(
                4
                        * DiffusionNetwork.of(request.model())
                                .graph(request.height(), request.width(), request.prompts())
                                .parameterCount(),
                floatSeconds,
                Judging.means(inFloat),
                reference.flatMap(r -> figures.fid(inFloat, r, false)));
        return new EvaluationResult(
                floatResult,
                variants,
                reference.map(r -> realPictures(real.orElseThrow(), r)),
                judges.features()
                        .map(f -> new EvaluationResult.Features(
                                f.description(), inFloat.features().orElseThrow()[0].length, request.resamples())),
                Judging.warning(all).map(List::of).orElse(List.of()),
                executor.description());
    }

    private static EvaluationResult.RealPictures realPictures(
            List<PictureJudging.Shown> pictures, Judgement judgement) {
        int captioned =
                (int) pictures.stream().filter(p -> p.prompt().isPresent()).count();
        return new EvaluationResult.RealPictures(pictures.size(), captioned, Judging.means(judgement));
    }

    private static Map<String, Integer> layers(QuantizationConfig config) {
        Map<String, Integer> counts = new TreeMap<>();
        config.layers().values().forEach(quant -> {
            int weight = quant.weight().map(w -> w.bits()).orElse(16);
            int activation = quant.activation().map(a -> a.bits()).orElse(16);
            counts.merge("W" + weight + "A" + activation, 1, Integer::sum);
        });
        if (!config.floatLayers().isEmpty()) {
            counts.put("float", config.floatLayers().size());
        }
        return counts;
    }
}
