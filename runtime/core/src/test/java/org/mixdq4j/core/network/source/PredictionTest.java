package org.mixdq4j.core.network.source;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mixdq4j.core.safetensors.SafetensorsFile;
import org.mixdq4j.core.safetensors.SafetensorsWriter;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

class PredictionTest {
    @TempDir
    Path folder;

    private JsonNode scheduler(Family family, Map<String, String> metadata, String... marks) {
        Map<String, Tensor> tensors = new TreeMap<>(Map.of("w", Tensor.of(Shape.of(1), 1)));
        for (String mark : marks) {
            tensors.put(mark, Tensor.zeros(DType.F16, Shape.of(0)));
        }
        Path path = folder.resolve("model.safetensors");
        SafetensorsWriter.write(path, tensors, metadata);
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            return Prediction.of(family, file).into(family.published().schedulerConfig());
        }
    }

    private static String type(JsonNode scheduler) {
        return scheduler.path("prediction_type").asText();
    }

    @Test
    void marksAndMetadataSayWhatAnXlModelPredicts() {
        assertThat(type(scheduler(Family.SDXL, Map.of()))).isEqualTo("epsilon");
        assertThat(type(scheduler(Family.SDXL, Map.of(), "v_pred"))).isEqualTo("v_prediction");
        assertThat(type(scheduler(Family.SDXL, Map.of("modelspec.prediction_type", "v"))))
                .isEqualTo("v_prediction");
        JsonNode zero = scheduler(Family.SDXL, Map.of(), "v_pred", "ztsnr");
        assertThat(zero.path("rescale_betas_zero_snr").asBoolean()).isTrue();
        assertThat(zero.path("timestep_spacing").asText()).isEqualTo("trailing");
    }

    @Test
    void sd2PredictsVelocityUnlessItSaysOtherwise() {
        assertThat(type(scheduler(Family.SD2, Map.of()))).isEqualTo("v_prediction");
        assertThat(type(scheduler(Family.SD2, Map.of("modelspec.prediction_type", "epsilon"))))
                .isEqualTo("epsilon");
    }
}
