package org.mixdq4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mixdq4j.core.exec.Executors;
import org.mixdq4j.core.safetensors.SafetensorsWriter;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/** Arguments that make no sense, and files that are not what they are given for. */
class BadInputTest {
    @TempDir
    private Path folder;

    private Mixdq.Outcome infer(Object... more) {
        Path picture = folder.resolve("picture.png");
        Object[] fixed = {"infer", "--model", Shipped.MODEL, "--out", picture};
        Mixdq.Outcome outcome = Mixdq.run(Mixdq.join(fixed, more));
        assertThat(picture).doesNotExist();
        return outcome;
    }

    private Path noise(String... namesAndShapes) {
        Map<String, Tensor> tensors = new TreeMap<>();
        for (int i = 0; i < namesAndShapes.length; i += 2) {
            String[] dims = namesAndShapes[i + 1].split("x");
            int[] extents = new int[dims.length];
            for (int d = 0; d < dims.length; d++) {
                extents[d] = Integer.parseInt(dims[d]);
            }
            tensors.put(namesAndShapes[i], Tensor.zeros(DType.F32, Shape.of(extents)));
        }
        Path file = folder.resolve("noise.safetensors");
        SafetensorsWriter.write(file, tensors, Map.of());
        return file;
    }

    private Mixdq.Outcome inferWith(Path latents) {
        return infer("--prompt", "x", "--height", 32, "--width", 32, "--latents", latents);
    }

    @ParameterizedTest
    @ValueSource(strings = {"1x4x8x4", "4x4", "2x4x4x4"})
    void latentsOfTheWrongShape(String shape) {
        inferWith(noise("latents", shape)).fails(2, "but 1 pictures of this size need [1, 4, 4, 4]");
    }

    @Test
    void latentsWithoutLatents() {
        inferWith(noise("other", "1x4x4x4")).fails(1, "has no tensor 'latents'");
    }

    @Test
    void latentsWithoutTheNoiseOfAStep() {
        inferWith(noise("latents", "1x4x4x4")).fails(1, "has no 'step0.noise'", "draw with --seed");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1x4x4x3", "64"})
    void latentsWithNoiseOfTheWrongShape(String shape) {
        inferWith(noise("latents", "1x4x4x4", "step0.noise", shape)).fails(2, "'step0.noise'", "has shape");
    }

    @Test
    void latentsThatAreText() throws IOException {
        inferWith(Files.writeString(folder.resolve("a.txt"), "hello, this is text\n"))
                .fails(1, "is not a valid safetensors file");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "--width 100            | 2 | multiples of 8",
                "--width 0              | 2 | multiples of 8",
                "--width -8             | 2 | multiples of 8",
                "--width 80000 --height 80000 | 2 | is over the limit of",
                "--width wide           | 2 | 'wide' is not an int",
                "--steps 0              | 2 | give --steps 1 or more",
                "--steps 5000           | 2 | give a number from 1 to 1000",
                "--steps 4 --timesteps 999 | 2 | --steps and --timesteps were both given",
                "--scheduler restart    | 2 | There is no --scheduler restart",
                "--scheduler FlowMatchEulerDiscreteScheduler | 2 | suits models of flow matching alone",
                "--eta 0.5              | 2 | but EulerAncestralDiscreteScheduler draws",
                "--guidance-rescale 2   | 2 | give --guidance-rescale from 0 to 1",
                "--timesteps soon       | 2 | 'soon' is not a double",
                "--timesteps 1,2,3      | 2 | cannot visit timestep 2.0 at position 1",
                "--timesteps 5000       | 2 | cannot visit timestep 5000.0 at position 0",
                "--timesteps NaN        | 2 | cannot visit timestep NaN at position 0",
                "--guidance -1          | 2 | give --guidance 0 or more",
                "--batch-size 0         | 2 | --batch-size is 0; give 1 or more",
                "--seed x               | 2 | 'x' is not a long",
                "--execution magic      | 2 | expected int8 or simulated",
                "--device quantum       | 2 | There is no executor 'quantum'; known are",
                "--wdith 32             | 2 | Unknown option",
                "--prompts nowhere.txt  | 2 | mutually exclusive"
            })
    void inferWithOption(String options, int exit, String found) {
        infer(Mixdq.join(new Object[] {"--prompt", "x"}, (Object[]) options.split(" ")))
                .fails(exit, found);
    }

    /** Where there is a GPU, there is nothing to refuse. */
    @Test
    void deviceThatIsNotThere() {
        Optional<String> missing = Executors.providers().stream()
                .filter(provider -> provider.name().equals("cuda"))
                .findFirst()
                .orElseThrow()
                .unavailable();
        assumeTrue(missing.isPresent());
        infer("--prompt", "x", "--device", "cuda").fails(1, "The executor 'cuda' cannot run here: " + missing.get());
    }

    @Test
    void noPrompt() {
        infer().fails(2, "Missing required argument (specify one of these)", "--prompt");
    }

    @Test
    void promptsMissing() {
        infer("--prompts", folder.resolve("nowhere.txt")).fails(2, "There is no prompts file");
    }

    @Test
    void promptsEmpty() throws IOException {
        infer("--prompts", Files.writeString(folder.resolve("p.txt"), "\n \n")).fails(1, "p.txt holds no caption");
    }

    @Test
    void promptsBinary() throws IOException {
        infer("--prompts", Files.write(folder.resolve("p.txt"), new byte[] {(byte) 0xff, 1}))
                .fails(1, "p.txt is not UTF-8 text");
    }

    @Test
    void outputBelowAFile() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "mine");
        String found = file + " is a file, not a folder; choose a path below a folder";
        Mixdq.run(Shipped.infer(Shipped.MODEL, file.resolve("p.png"))).fails(1, found);
        Mixdq.run(Shipped.calibrate(Shipped.MODEL, file.resolve("calib"))).fails(1, found);
        Mixdq.run(Shipped.calibrate(Shipped.MODEL, file)).fails(1, found);
        Mixdq.run(Shipped.ptq(file.resolve("w8a8"))).fails(1, found);
        assertThat(file).hasContent("mine");
    }

    @Test
    void outputIsAFolder() {
        Mixdq.run(Shipped.infer(Shipped.MODEL, folder)).fails(1, "it is a folder where a file was expected");
        assertThat(folder).isEmptyDirectory();
    }

    @ParameterizedTest
    @CsvSource({"--samples,0", "--shard-size,0", "--batch-size,-1"})
    void calibrateWithOption(String option, int value) {
        Path out = folder.resolve("calib");
        Mixdq.run("calibrate", "--model", Shipped.MODEL, "--captions", Shipped.CAPTIONS, "--out", out, option, value)
                .fails(2, option + " is " + value + "; give 1 or more");
        assertThat(out).doesNotExist();
    }

    @Test
    void parityWithoutRecording() {
        Mixdq.run("parity", Shipped.MODEL.resolve("unet")).fails(1, "has no io.safetensors to compare with");
    }

    @Test
    void infoOfText() throws IOException {
        Mixdq.run("info", Files.writeString(folder.resolve("a.txt"), "text"))
                .fails(1, "it is neither a folder nor a .safetensors file");
    }

    @Test
    void infoOfNothing() {
        Mixdq.run("info", folder.resolve("nowhere")).fails(2, "There is no file or folder");
    }

    @Test
    void infoOfAPictureThatIsNone() throws IOException {
        Mixdq.run("info", Files.writeString(folder.resolve("a.png"), "text")).fails(1, "is not a PNG file");
    }

    @Test
    void unknownCommand() {
        Mixdq.Outcome outcome = Mixdq.run("ptqq").fails(2, "Unmatched argument", "'ptqq'");
        assertThat(outcome.err()).contains("Did you mean: mixdq ptq?");
    }

    @Test
    void noCommand() {
        Mixdq.run().fails(2, "Give a command: demo, calibrate, ");
    }
}
