package org.mixdq4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.mixdq4j.core.artifact.checkpoint.QuantizedCheckpoint;
import org.mixdq4j.core.exec.Executor;
import org.mixdq4j.core.exec.Executors;
import org.mixdq4j.core.exec.Numerics;
import org.mixdq4j.core.io.Folders;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.metrics.Sqnr;
import org.mixdq4j.core.network.source.ModelSources;
import org.mixdq4j.core.pipeline.NoiseSource;
import org.mixdq4j.core.pipeline.PipelineSetup;
import org.mixdq4j.core.pipeline.TextToImage;
import org.mixdq4j.core.safetensors.SafetensorsFile;
import org.mixdq4j.cuda.device.DeviceInfo;
import org.mixdq4j.cuda.device.host.HostDevice;
import org.mixdq4j.cuda.program.CudaExecutor;
import org.mixdq4j.cuda.program.Families;

/** The shipped model through all three commands: integers agree with their simulation, and bytes repeat. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class IntegerExecutionTest {
    private static final Path ROOT = Path.of(System.getProperty("mixdq.root"));
    private static final String MODEL =
            ROOT.resolve("util_files/models/tiny-sdxl-turbo").toString();
    private static final String CAPTIONS =
            ROOT.resolve("util_files/captions/captions_shapes_val.json").toString();
    private static final String PROMPT = "a blue star above a yellow heart on a plain gray background";

    private Path folder;

    @BeforeAll
    void quantizeTwice(@TempDir Path shared) {
        folder = shared;
        quantize("first", "4");
        quantize("second", "1");
    }

    private void quantize(String run, String batchSize) {
        String calib = folder.resolve(run).resolve("calib").toString();
        String out = folder.resolve(run).resolve("w8a8").toString();
        String scheme = ROOT.resolve("configs/schemes/w8a8.yaml").toString();
        assertThat(Main.run(
                        "calibrate",
                        "--model",
                        MODEL,
                        "--captions",
                        CAPTIONS,
                        "--samples",
                        "4",
                        "--batch-size",
                        batchSize,
                        "--out",
                        calib))
                .isZero();
        assertThat(Main.run(
                        "ptq", "--model", MODEL, "--calib", calib, "--scheme", scheme, "--ablation", "1", "--out", out))
                .isZero();
    }

    private void draw(String run, String name, String... more) {
        String[] fixed = {
            "infer",
            "--model",
            MODEL,
            "--quantized",
            folder.resolve(run).resolve("w8a8").toString(),
            "--prompt",
            PROMPT,
            "--prompt",
            "a red circle",
            "--seed",
            "7",
            "--steps",
            "2",
            "--out",
            folder.resolve(name + ".png").toString(),
            "--save-latents",
            folder.resolve(name + ".safetensors").toString()
        };
        String[] all = Stream.concat(Arrays.stream(fixed), Arrays.stream(more)).toArray(String[]::new);
        assertThat(Main.run(all)).isZero();
    }

    @Test
    void integersAgreeWithTheirSimulation() {
        draw("first", "int8");
        draw("first", "simulated", "--execution", "simulated");
        try (SafetensorsFile integers = SafetensorsFile.open(folder.resolve("int8.safetensors"));
                SafetensorsFile simulated = SafetensorsFile.open(folder.resolve("simulated.safetensors"))) {
            double db = Sqnr.of(
                    simulated.tensor("step0.model_output").toFloatArray(),
                    integers.tensor("step0.model_output").toFloatArray());
            System.out.printf("INT8 against simulation, whole UNet: %.1f dB%n", db);
            // Sums are equal; floats between them are rounded otherwise, which moves some inputs to the next integer.
            // Float
            // is 50 dB away.
            assertThat(db).isGreaterThan(52);
        }
    }

    @Test
    void sameBytesTwiceAndWithAnotherBatchSize() throws Exception {
        Path first = folder.resolve("first");
        Path second = folder.resolve("second");
        for (String file : new String[] {
            "calib/manifest.json",
            "calib/shard-00000.safetensors",
            "calib/images/00003.png",
            "w8a8/unet/diffusion_pytorch_model.safetensors",
            "w8a8/quantization_config.json",
            "w8a8/summary.json"
        }) {
            assertThat(second.resolve(file)).hasSameBinaryContentAs(first.resolve(file));
        }
        draw("first", "batched", "--batch-size", "2");
        draw("second", "single", "--batch-size", "1");
        assertThat(folder.resolve("single.safetensors")).hasSameBinaryContentAs(folder.resolve("batched.safetensors"));
        assertThat(folder.resolve("single-00.png")).hasSameBinaryContentAs(folder.resolve("batched-00.png"));
        assertThat(folder.resolve("single-01.png")).hasSameBinaryContentAs(folder.resolve("batched-01.png"));
    }

    @Test
    void checkpointIsAtMostThreeTenthsOfFloat32() {
        Path out = folder.resolve("first/w8a8");
        long bytes = Folders.size(out.resolve("unet/diffusion_pytorch_model.safetensors"));
        long float32 =
                Json.read(out.resolve("summary.json")).path("bytes_float32").asLong();
        long float16 = Folders.size(Path.of(MODEL, "unet"), ".safetensors");
        // Two FP16 files' worth, less their header: the denominator is not made up.
        assertThat(float32).isBetween(2 * float16 - 200_000, 2 * float16);
        assertThat((double) bytes / float32).isLessThan(0.30);
    }

    /** What a GPU would be given, on a stand-in for one in plain Java: the same program, packed weights and launches. */
    @Test
    void launchesForAGpuAgreeWithTheCpu() {
        float[] cpu = output(Executors.named("cpu"));
        float[] gpu = output(new CudaExecutor(
                new HostDevice(new DeviceInfo("stand-in", 9, 0, 132, 232448, 60L << 20), Families.twins())));
        double db = Sqnr.of(cpu, gpu);
        System.out.printf("Launches for a GPU against the CPU, whole UNet: %.1f dB%n", db);
        assertThat(db).isGreaterThan(45);
    }

    /** Of the first step. */
    private float[] output(Executor executor) {
        List<float[]> outputs = new ArrayList<>();
        try (QuantizedCheckpoint checkpoint =
                        QuantizedCheckpoint.open(folder.resolve("first").resolve("w8a8"));
                executor;
                TextToImage pipeline = TextToImage.open(
                        new PipelineSetup(
                                ModelSources.open(Path.of(MODEL)), 96, 96, Optional.of(checkpoint), Numerics.INTEGER),
                        executor)) {
            TextToImage.Request request = new TextToImage.Request(PROMPT, Optional.empty(), 1, Optional.empty(), 0);
            pipeline.generate(
                    request,
                    NoiseSource.seeded(7),
                    step -> outputs.add(step.guided().toFloatArray()));
        }
        return outputs.get(0);
    }
}
