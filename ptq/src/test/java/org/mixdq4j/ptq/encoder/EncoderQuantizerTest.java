package org.mixdq4j.ptq.encoder;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mixdq4j.conformance.support.TinyModel;
import org.mixdq4j.core.artifact.checkpoint.QuantizationConfig;
import org.mixdq4j.core.artifact.checkpoint.QuantizedCheckpoint;
import org.mixdq4j.core.exec.Executor;
import org.mixdq4j.core.exec.Executors;
import org.mixdq4j.core.exec.Network;
import org.mixdq4j.core.exec.Numerics;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.metrics.Sqnr;
import org.mixdq4j.core.network.CheckpointNames;
import org.mixdq4j.core.network.NetworkShape;
import org.mixdq4j.core.network.Networks;
import org.mixdq4j.core.network.source.ModelFingerprint;
import org.mixdq4j.core.progress.Progress;
import org.mixdq4j.core.quant.LayerQuant;
import org.mixdq4j.core.quant.WeightQuant;
import org.mixdq4j.core.quantize.range.RangeMethod;
import org.mixdq4j.core.safetensors.StoredWeights;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
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

    private List<EncoderBytes> write(int bits, int group, Scheme.Which which) {
        QuantizationConfig network = new QuantizationConfig(
                "unet",
                ModelFingerprint.of(TinyModel.FOLDER),
                "",
                Json.mapper().createObjectNode(),
                "",
                Map.of("any", new LayerQuant(Optional.of(new WeightQuant(8)), Optional.empty(), List.of(), false)),
                Map.of());
        Scheme.TextEncoders how = new Scheme.TextEncoders(new Scheme.Weights(bits, group, RangeMethod.MSE), which);
        return new EncoderQuantizer(TinyModel.FOLDER, how, Progress.SILENT).write(folder, network);
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
        List<EncoderBytes> written = write(8, 0, Scheme.Which.LARGEST);
        assertThat(written).extracting(EncoderBytes::component).containsExactly("text_encoder_2");
        assertThat(QuantizedCheckpoint.openPart(folder, "text_encoder")).isEmpty();
        // FP16 embeddings stay, of layers half is left.
        assertThat(written.get(0).bytes()).isLessThan(written.get(0).sourceBytes() * 7 / 10);
        assertThat(sqnr("text_encoder_2")).isGreaterThan(45);
    }

    @Test
    void allInFourBitsAndGroups() {
        List<EncoderBytes> written = write(4, 32, Scheme.Which.ALL);
        assertThat(written).extracting(EncoderBytes::component).containsExactly("text_encoder", "text_encoder_2");
        assertThat(written).allMatch(encoder -> encoder.bits() == 4 && encoder.layers() > 20);
        assertThat(sqnr("text_encoder")).isBetween(15.0, 45.0);
        assertThat(sqnr("text_encoder_2")).isBetween(15.0, 45.0);
    }

    @Test
    void floatLeavesThemAlone() {
        assertThat(write(Scheme.FLOAT_BITS, 0, Scheme.Which.ALL)).isEmpty();
        assertThat(folder).isEmptyDirectory();
    }
}
