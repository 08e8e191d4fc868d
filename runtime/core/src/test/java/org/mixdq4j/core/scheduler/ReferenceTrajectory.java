package org.mixdq4j.core.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What diffusers did along one trajectory, where the network's output is tanh(0.7 * input + 0.1 * t / 1000). */
record ReferenceTrajectory(
        JsonNode config,
        float[] timesteps,
        float[] sigmas,
        float[] start,
        List<Step> steps,
        int count,
        double[] custom) {
    static final JsonMapper JSON = JsonMapper.builder()
            .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
            .build();
    private static final double TOLERANCE = 1e-5;

    record Step(float[] input, float[] noise, float[] sample) {}

    /** A folder of {@code util_files/fixtures}. */
    static ReferenceTrajectory ofFixture(Path folder) {
        try {
            JsonNode config =
                    JSON.readTree(folder.resolve("scheduler_config.json").toFile());
            Map<String, float[]> tensors = readF32(folder.resolve("io.safetensors"));
            float[] timesteps = tensors.get("timesteps");
            List<Step> steps = new ArrayList<>();
            for (int i = 0; i < timesteps.length; i++) {
                String at = "step" + i + ".";
                steps.add(new Step(
                        tensors.get(at + "model_input"), tensors.get(at + "noise"), tensors.get(at + "prev_sample")));
            }
            float[] sigmas = tensors.getOrDefault("sigmas", new float[0]);
            return new ReferenceTrajectory(
                    config, timesteps, sigmas, tensors.get("in.latent"), steps, timesteps.length, null);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A case of {@code scheduler_variants.json}. */
    static ReferenceTrajectory ofVariant(JsonNode json) {
        List<Step> steps = new ArrayList<>();
        json.get("steps")
                .forEach(s ->
                        steps.add(new Step(floats(s.get("input")), floats(s.get("noise")), floats(s.get("sample")))));
        return new ReferenceTrajectory(
                json.get("config"),
                floats(json.get("timesteps")),
                floats(json.path("sigmas")),
                floats(json.get("start")),
                steps,
                json.path("count").intValue(),
                json.has("custom") ? JSON.convertValue(json.get("custom"), double[].class) : null);
    }

    /** Runs our own trajectory, fed with its own samples, and compares all of it. */
    void check() {
        SchedulerConfig scheduler = Schedulers.of(config, "scheduler_config.json");
        assertThat(scheduler.name()).isEqualTo(config.get("_class_name").textValue());
        check(custom == null ? scheduler.schedule(count) : scheduler.schedule(custom));
    }

    private void check(Scheduler scheduler) {
        assertRelative("timesteps", scheduler.timesteps(), timesteps);
        assertRelative("sigmas", scheduler.sigmas(), sigmas);
        // From sigma 4096 the reference's own float32 sums cancel down to a few units, and keep 4096 * 2^-24 of error.
        double tolerance = sigmas.length > 0 && sigmas[0] > 1000 ? 1e-4 : TOLERANCE;
        float[] sample = start.clone();
        for (int i = 0; i < steps.size(); i++) {
            Step step = steps.get(i);
            float[] input = scheduler.scaleModelInput(sample, i);
            assertClose("input of step " + i, input, step.input, tolerance);
            float[] output = new float[input.length];
            for (int k = 0; k < output.length; k++) {
                output[k] = (float) Math.tanh(0.7 * input[k] + 0.1 * scheduler.timesteps()[i] / 1000);
            }
            sample = scheduler.step(output, i, sample, scheduler.addsNoise(i) ? step.noise : null);
            assertClose("sample after step " + i, sample, step.sample, tolerance);
        }
    }

    private static void assertRelative(String what, double[] found, float[] expected) {
        assertThat(found).as(what).hasSameSizeAs(expected);
        for (int i = 0; i < found.length; i++) {
            assertThat(Math.abs(found[i] - expected[i]))
                    .as(what + "[" + i + "] is " + found[i] + ", expected " + expected[i])
                    .isLessThanOrEqualTo(TOLERANCE * Math.abs(expected[i]));
        }
    }

    private static void assertClose(String what, float[] found, float[] expected, double tolerance) {
        assertThat(found).as(what).hasSameSizeAs(expected);
        double largest = 0;
        double worst = 0;
        for (int i = 0; i < found.length; i++) {
            largest = Math.max(largest, Math.abs(expected[i]));
            worst = Math.max(worst, Math.abs(found[i] - (double) expected[i]));
        }
        assertThat(worst / largest).as(what).isLessThanOrEqualTo(tolerance);
    }

    /** All F32 tensors of a safetensors file, flat. */
    static Map<String, float[]> readF32(Path file) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        int headerLength = (int) bytes.getLong();
        JsonNode header = JSON.readTree(new String(bytes.array(), 8, headerLength, StandardCharsets.UTF_8));
        Map<String, float[]> tensors = new HashMap<>();
        header.fields().forEachRemaining(entry -> {
            JsonNode tensor = entry.getValue();
            if (tensor.path("dtype").asText().equals("F32")) {
                int begin = tensor.get("data_offsets").get(0).intValue();
                int end = tensor.get("data_offsets").get(1).intValue();
                float[] values = new float[(end - begin) / Float.BYTES];
                bytes.duplicate()
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .position(8 + headerLength + begin)
                        .asFloatBuffer()
                        .get(values);
                tensors.put(entry.getKey(), values);
            }
        });
        return tensors;
    }

    private static float[] floats(JsonNode array) {
        float[] values = new float[array.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = array.get(i).floatValue();
        }
        return values;
    }
}
