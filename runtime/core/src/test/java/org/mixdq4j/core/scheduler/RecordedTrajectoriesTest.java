package org.mixdq4j.core.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Every scheduler and option against what diffusers' own code did ({@code scripts/record_schedulers.py}): timesteps, noise
 * levels, and the sample after each step to 1e-5 of its largest value.
 */
class RecordedTrajectoriesTest {
    private static final Path FOLDER =
            Path.of(System.getProperty("mixdq.root"), "util_files", "fixtures", "schedulers");
    private static final double TOLERANCE = 1e-5;

    private static JsonNode cases;
    private static Map<String, float[]> tensors;

    @BeforeAll
    static void read() throws IOException {
        cases = ReferenceTrajectory.JSON.readTree(FOLDER.resolve("cases.json").toFile());
        tensors = ReferenceTrajectory.readF32(FOLDER.resolve("trajectories.safetensors"));
    }

    @Test
    void everySchedulerWasRecorded() {
        Set<String> recorded = new TreeSet<>();
        cases.forEach(c -> recorded.add(c.path("config").path("_class_name").asText()));
        assertThat(recorded).isEqualTo(Schedulers.known());
        assertThat(cases.size()).isGreaterThan(400);
    }

    @TestFactory
    Stream<DynamicTest> equalDiffusers() {
        return IntStream.range(0, cases.size()).mapToObj(i -> DynamicTest.dynamicTest(name(i), () -> check(i)));
    }

    private static String name(int number) {
        JsonNode json = cases.get(number);
        return number + " " + json.get("config").toString().replaceAll("\"", "") + " "
                + (json.has("steps") ? json.get("steps") : json.get("custom"));
    }

    private static void check(int number) {
        JsonNode json = cases.get(number);
        ObjectNode settings = json.get("config").deepCopy();
        if (settings.path("trained_betas").asText().equals("TRAINED")) {
            ArrayNode betas = settings.putArray("trained_betas");
            for (float beta : tensors.get("trained_betas")) {
                betas.add(beta);
            }
        }
        SchedulerConfig config = Schedulers.of(settings, "cases.json");
        Scheduler scheduler = json.has("steps")
                ? config.schedule(json.get("steps").intValue())
                : config.schedule(ReferenceTrajectory.JSON.convertValue(json.get("custom"), double[].class));
        String prefix = String.format("%03d.", number);
        requireClose("timesteps", scheduler.timesteps(), tensors.get(prefix + "timesteps"));
        float[] sigmas = tensors.get(prefix + "sigmas");
        if (sigmas != null && scheduler.sigmas().length > 0) {
            requireClose("sigmas", scheduler.sigmas(), sigmas);
        }
        requireSamples(scheduler, tensors.get(prefix + "samples"));
    }

    private static void requireSamples(Scheduler scheduler, float[] expected) {
        float[] sample = tensors.get("start").clone();
        for (int i = 0; i < sample.length; i++) {
            sample[i] *= (float) scheduler.initNoiseSigma();
        }
        double[] timesteps = scheduler.timesteps();
        int draws = 0;
        for (int step = 0; step < timesteps.length; step++) {
            float[] input = scheduler.scaleModelInput(sample, step);
            float[] output = new float[input.length];
            for (int i = 0; i < output.length; i++) {
                output[i] = (float) Math.tanh(0.7 * input[i] + 0.1 * timesteps[step] / 1000);
            }
            float[] noise = scheduler.addsNoise(step) ? part(tensors.get("noises"), draws++, sample.length) : null;
            sample = scheduler.step(output, step, sample, noise);
            requireSample(step, sample, part(expected, step, sample.length));
        }
    }

    private static float[] part(float[] all, int place, int length) {
        return Arrays.copyOfRange(all, place * length, (place + 1) * length);
    }

    private static void requireSample(int step, float[] found, float[] expected) {
        double largest = 0;
        double worst = 0;
        for (int i = 0; i < found.length; i++) {
            largest = Math.max(largest, Math.abs(expected[i]));
            double difference = Math.abs(found[i] - (double) expected[i]);
            worst = difference <= worst ? worst : difference;
        }
        assertThat(worst / largest).as("sample after step %d", step).isLessThanOrEqualTo(TOLERANCE);
    }

    private static void requireClose(String what, double[] found, float[] expected) {
        assertThat(found).as(what).hasSameSizeAs(expected);
        double largest = 0;
        for (float value : expected) {
            largest = Math.max(largest, Math.abs(value));
        }
        for (int i = 0; i < found.length; i++) {
            double allowed = TOLERANCE * Math.abs(expected[i]) + 1e-7 * largest;
            assertThat(Math.abs(found[i] - expected[i]))
                    .as("%s[%d] is %s, expected %s", what, i, found[i], expected[i])
                    .isLessThanOrEqualTo(allowed);
        }
    }
}
