package org.mixdq4j.ptq.encoder;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mixdq4j.conformance.support.TinyModel;
import org.mixdq4j.core.artifact.checkpoint.QuantizationConfig;
import org.mixdq4j.core.artifact.checkpoint.QuantizedCheckpoint;
import org.mixdq4j.core.exec.Executor;
import org.mixdq4j.core.exec.Executors;
import org.mixdq4j.core.exec.InstrumentedExecutor;
import org.mixdq4j.core.exec.Network;
import org.mixdq4j.core.exec.Numerics;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.analysis.RowLayers;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.metrics.Sqnr;
import org.mixdq4j.core.network.CheckpointNames;
import org.mixdq4j.core.network.NetworkShape;
import org.mixdq4j.core.network.Networks;
import org.mixdq4j.core.network.source.ModelFingerprint;
import org.mixdq4j.core.progress.Progress;
import org.mixdq4j.core.quant.ActivationQuant;
import org.mixdq4j.core.quant.LayerQuant;
import org.mixdq4j.core.quant.ScaleSearch;
import org.mixdq4j.core.quant.WeightQuant;
import org.mixdq4j.core.quantize.LayerQuantizer;
import org.mixdq4j.core.quantize.WeightRounder;
import org.mixdq4j.core.quantize.range.RangeChooser;
import org.mixdq4j.core.quantize.range.RangeMethod;
import org.mixdq4j.core.quantize.statistics.ActivationStatistics;
import org.mixdq4j.core.safetensors.StoredWeights;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;
import org.mixdq4j.ptq.forms.NetworkQuantizer;
import org.mixdq4j.ptq.scheme.Scheme;

class EncoderQuantizerTest {
    private static final long[] TOKENS = new long[77];

    static {
        for (int i = 0; i < TOKENS.length; i++) {
            TOKENS[i] = i == 0 ? 510 : i < 9 ? 40L * i : 511;
        }
    }

    @TempDir
    private Path folder;

    private List<EncoderReport> write(int bits, int group, Scheme.Which which) {
        return write(
                new Scheme.TextEncoders(new Scheme.Weights(bits, group, RangeMethod.MSE), which), null, component -> {
                    throw new AssertionError("nothing is measured, but texts are read for " + component);
                });
    }

    private List<EncoderReport> write(
            Scheme.TextEncoders how, InstrumentedExecutor executor, Function<String, EncoderTexts> texts) {
        QuantizationConfig network = new QuantizationConfig(
                "unet",
                ModelFingerprint.of(TinyModel.FOLDER),
                "",
                Json.mapper().createObjectNode(),
                "",
                Map.of("any", new LayerQuant(Optional.of(new WeightQuant(8)), Optional.empty(), List.of(), false)),
                Map.of());
        return new EncoderQuantizer(TinyModel.FOLDER, how, texts, executor, Progress.SILENT).write(folder, network);
    }

    /** Of 8 bits for weights and inputs. */
    private List<EncoderReport> measured(double worst, double floor) {
        Tensor ids = Tensor.ofLongs(Shape.of(1, TOKENS.length), TOKENS);
        Scheme.TextEncoders how = new Scheme.TextEncoders(
                new Scheme.Weights(8, 0, RangeMethod.MINMAX), 8, worst, 1, floor, Scheme.Which.SMALL);
        try (InstrumentedExecutor executor = Executors.instrumented()) {
            return write(how, executor, component -> new EncoderTexts(List.of(ids), List.of()));
        }
    }

    /** Of the text embeddings against those of the float encoder. */
    private double sqnr(String component) {
        Graph graph = Networks.build(TinyModel.FOLDER.config(component), NetworkShape.texts(1));
        Map<String, Tensor> prompt = Map.of("input_ids", Tensor.ofLongs(Shape.of(1, TOKENS.length), TOKENS));
        Set<String> wanted = Set.of("penultimate");
        try (Executor executor = Executors.named("cpu");
                StoredWeights weights = TinyModel.FOLDER.weights(component);
                QuantizedCheckpoint checkpoint =
                        QuantizedCheckpoint.openPart(folder, component).orElseThrow();
                Network inFloat = executor.compile(graph, CheckpointNames.adapt(weights, graph));
                Network quantized =
                        executor.compile(graph, checkpoint.floatWeights(), checkpoint.layers(), Numerics.INTEGER)) {
            checkpoint.verify();
            return Sqnr.of(
                    inFloat.run(prompt, wanted).get("penultimate").toFloatArray(),
                    quantized.run(prompt, wanted).get("penultimate").toFloatArray());
        }
    }

    @Test
    void theLargestIsThatWithTheMostParameters() {
        List<EncoderReport> written = write(8, 0, Scheme.Which.LARGEST);
        assertThat(written).extracting(EncoderReport::component).containsExactly("text_encoder_2");
        assertThat(QuantizedCheckpoint.openPart(folder, "text_encoder")).isEmpty();
        // FP16 embeddings stay, of layers half is left.
        assertThat(written.get(0).bytes()).isLessThan(written.get(0).sourceBytes() * 7 / 10);
        assertThat(sqnr("text_encoder_2")).isGreaterThan(45);
    }

    @Test
    void allInFourBitsAndGroups() {
        List<EncoderReport> written = write(4, 32, Scheme.Which.ALL);
        assertThat(written).extracting(EncoderReport::component).containsExactly("text_encoder", "text_encoder_2");
        assertThat(written).allMatch(encoder -> encoder.bits() == 4 && encoder.layers() > 20);
        assertThat(sqnr("text_encoder")).isBetween(15.0, 45.0);
        assertThat(sqnr("text_encoder_2")).isBetween(15.0, 45.0);
    }

    @Test
    void floatLeavesThemAlone() {
        assertThat(write(Scheme.FLOAT_BITS, 0, Scheme.Which.ALL)).isEmpty();
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void inputsTokenByTokenAndTheWorstLayersInFloat() {
        List<EncoderReport> written = measured(0.1, 30);
        assertThat(written).extracting(EncoderReport::component).containsExactly("text_encoder", "text_encoder_2");
        for (EncoderReport encoder : written) {
            EncoderQuality quality = encoder.measured().orElseThrow();
            QuantizationConfig config = QuantizationConfig.read(folder.resolve(encoder.component()));
            assertThat(config.layers()).hasSize(encoder.layers());
            assertThat(config.layers().values()).allMatch(LayerQuant::dynamic).noneMatch(LayerQuant::bos);
            assertThat(config.floatLayers()).isNotEmpty().isEqualTo(encoder.floatLayers());
            double mean = quality.alone().values().stream()
                    .mapToDouble(decibels -> decibels)
                    .average()
                    .orElseThrow();
            encoder.floatLayers()
                    .keySet()
                    .forEach(id -> assertThat(quality.alone().get(id)).isLessThan(mean));
            assertThat(quality.sqnr()).isGreaterThan(quality.allLayers()).isGreaterThan(38);
            assertThat(encoder.toJson().path("output_sqnr_db").asDouble()).isEqualTo(quality.sqnr());
            // Integers multiplied, not simulated.
            assertThat(sqnr(encoder.component())).isGreaterThan(38);
        }
    }

    @Test
    void oneBelowTheFloorStaysInFloat() {
        assertThat(measured(0, 200))
                .allMatch(encoder -> encoder.layers() == 0
                        && encoder.bits() == Scheme.FLOAT_BITS
                        && encoder.measured().isPresent());
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void theFirstTokenIsReadInFloatWhereItIsMuchLarger() {
        Graph graph = Networks.build(TinyModel.FOLDER.config("text_encoder"), NetworkShape.texts(1));
        Tensor ids = Tensor.ofLongs(Shape.of(1, TOKENS.length), TOKENS);
        try (InstrumentedExecutor executor = Executors.instrumented();
                StoredWeights stored = TinyModel.FOLDER.weights("text_encoder")) {
            WeightSource plain = CheckpointNames.adapt(stored, graph);
            assertThat(firstRow(graph, plain, ids, executor).firstRow()).isFalse();
            EncoderQuality quality = firstRow(graph, outlier(plain), ids, executor);
            assertThat(quality.firstRow()).isTrue();
            assertThat(quality.firstInFloat() - quality.allLayers()).isGreaterThan(1);
            assertThat(quality.sqnr()).isEqualTo(quality.firstInFloat());
        }
    }

    private EncoderQuality firstRow(Graph graph, WeightSource weights, Tensor ids, InstrumentedExecutor executor) {
        Map<String, LayerQuant> forms = new LinkedHashMap<>();
        graph.layers()
                .forEach(layer -> forms.put(
                        layer.id(),
                        new LayerQuant(
                                Optional.of(new WeightQuant(8)),
                                Optional.of(new ActivationQuant(8, ActivationQuant.Granularity.TOKEN)),
                                List.of(),
                                false)));
        LayerQuantizer quantizer = new LayerQuantizer(
                weights,
                new ActivationStatistics(Map.of()),
                new RangeChooser(RangeMethod.MINMAX, 100),
                WeightRounder.nearest(ScaleSearch.MAX_ABS));
        return new EncoderTrial(
                        folder, graph, weights, 0, new EncoderTexts(List.of(ids), List.of()), executor, Progress.SILENT)
                .choose(
                        new NetworkQuantizer(graph, quantizer).onDemand("", forms, Progress.SILENT),
                        RowLayers.of(graph),
                        "")
                .quality();
    }

    /**
     * The same weights, but the first token has one feature of 300, by which all tokens attend to it, and what they read of it are
     * its other features, magnified.
     */
    private static WeightSource outlier(WeightSource plain) {
        int feature = 5;
        Map<String, Tensor> all = new LinkedHashMap<>();
        for (String name : plain.names()) {
            Tensor tensor = plain.tensor(name);
            float[] values = tensor.toFloatArray();
            int columns = tensor.shape().dim(-1);
            if (name.endsWith("token_embedding.weight")) {
                values[(int) TOKENS[0] * columns + feature] = 300;
            } else if (name.endsWith("q_proj.bias")) {
                Arrays.fill(values, 1);
            } else if (name.endsWith("k_proj.weight")) {
                column(values, columns, feature, 1);
            } else if (name.endsWith("v_proj.weight")) {
                for (int i = 0; i < values.length; i++) {
                    values[i] *= 30;
                }
                column(values, columns, feature, 0);
            }
            all.put(name, Tensor.of(tensor.shape(), values));
        }
        return WeightSource.of(all);
    }

    private static void column(float[] matrix, int columns, int column, float value) {
        for (int i = column; i < matrix.length; i += columns) {
            matrix[i] = value;
        }
    }
}
