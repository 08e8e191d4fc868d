package org.mixdq4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mixdq4j.core.image.Png;
import org.mixdq4j.core.network.source.LdmCheckpoint;
import org.mixdq4j.core.network.source.ModelFingerprint;
import org.mixdq4j.core.network.source.ModelFolder;
import org.mixdq4j.core.network.source.ModelSource;
import org.mixdq4j.core.network.source.SingleFile;
import org.mixdq4j.core.safetensors.SafetensorsFile;
import org.mixdq4j.core.safetensors.SafetensorsWriter;
import org.mixdq4j.core.safetensors.StoredWeights;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Tensor;

/** Models in one file, as ComfyUI and web UIs share them. */
class SingleFileTest {
    private static final String UNET = "model.diffusion_model.";

    @TempDir
    Path folder;

    @Test
    void aCheckpointWithItsConfigurationsBesideItDrawsDiffusersPicture() {
        ModelCase single = single(ModelCase.of("09-single-file-ldm", folder.resolve("model")));
        single.draw(folder).succeeds();
        single.requirePicture(folder);
    }

    private static ModelCase single(ModelCase found) {
        return new ModelCase(found.model().resolve("checkpoint.safetensors"), found.expected());
    }

    @Test
    void configurationsMayLieInAFolderOfThatNameOrBeGiven() throws IOException {
        ModelCase found = ModelCase.of("09-single-file-ldm", folder.resolve("configs"));
        Path file = folder.resolve("checkpoint.safetensors");
        Files.move(found.model().resolve("checkpoint.safetensors"), file);
        ModelCase single = new ModelCase(file, found.expected());
        single.draw(folder).succeeds();
        single.requirePicture(folder);

        Path elsewhere = Files.move(folder.resolve("configs"), folder.resolve("elsewhere"));
        single.draw(folder, "--base", elsewhere).succeeds();
        single.requirePicture(folder);
    }

    @Test
    void convertedItIsAFolderThatDrawsDiffusersPicture() {
        ModelCase single = single(ModelCase.of("09-single-file-ldm", folder.resolve("model")));
        Path converted = folder.resolve("converted");
        Mixdq.run("convert", "--model", single.model(), "--out", converted).succeeds();
        ModelCase result = new ModelCase(converted, single.expected());
        result.draw(folder).succeeds();
        result.requirePicture(folder);
        Mixdq.run("convert", "--model", single.model(), "--out", converted).fails(2, "exists already");
        assertThat(folder.resolve("converted.partial")).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(strings = {"tiny-sdxl-turbo", "tiny-sd3"})
    void theModelsThatShipDrawTheSameBytesFromOneFileAndBack(String model) {
        Path source = shipped(model);
        Path file = written(source, folder.resolve("model.safetensors"), "");
        byte[] drawn = picture(source);
        assertThat(picture(file, "--base", source)).isEqualTo(drawn);

        Path converted = folder.resolve("converted");
        Mixdq.run(
                        "convert",
                        "--model",
                        file,
                        "--base",
                        configs(source),
                        "--max-shard-size",
                        "0.004",
                        "--out",
                        converted)
                .succeeds();
        assertThat(picture(converted)).isEqualTo(drawn);
        for (String component : components(source)) {
            requireSameTensors(component, ModelFolder.open(source), ModelFolder.open(converted));
        }
    }

    private static List<String> components(Path model) {
        return LdmCheckpoint.allComponents().stream()
                .filter(ModelFolder.open(model)::has)
                .toList();
    }

    private static void requireSameTensors(String component, ModelSource one, ModelSource other) {
        try (StoredWeights expected = one.weights(component);
                StoredWeights found = other.weights(component)) {
            assertThat(found.names()).as(component).containsAll(expected.names());
            for (String name : expected.names()) {
                assertThat(found.tensor(name).dtype())
                        .as(name)
                        .isEqualTo(expected.tensor(name).dtype());
                assertThat(found.tensor(name).shape())
                        .as(name)
                        .isEqualTo(expected.tensor(name).shape());
                assertThat(found.tensor(name).buffer())
                        .as(name)
                        .isEqualTo(expected.tensor(name).buffer());
            }
        }
    }

    @Test
    void aModelIsTheSameByItsFingerprintAsAFolderAndAsAFile() {
        Path source = shipped("tiny-sdxl-turbo");
        Path file = written(source, folder.resolve("model.safetensors"), "");
        ModelSource single = SingleFile.open(file, Optional.of(configs(source)));
        assertThat(ModelFingerprint.of(single)).isEqualTo(ModelFingerprint.of(ModelFolder.open(source)));
    }

    @ParameterizedTest
    @CsvSource({"model.diffusion_model.", "diffusion_model.", "''"})
    void theDenoiserAloneIsCompletedByAFolder(String prefix) throws IOException {
        Path source = shipped("tiny-sdxl-turbo");
        Path file = folder.resolve("unet.safetensors");
        rewritten(written(source, folder.resolve("whole.safetensors"), UNET), file, UNET, prefix);
        Path base = copy(source, folder.resolve("base"));
        Files.delete(base.resolve("unet/diffusion_pytorch_model.safetensors"));
        assertThat(picture(file, "--base", base)).isEqualTo(picture(source));

        Mixdq.run("infer", "--model", file, "--prompt", "x", "--out", folder.resolve("p.png"))
                .fails(1, "holds no 'vae'", "give --base FOLDER");
        assertThat(Mixdq.run("info", file, "--base", base).succeeds().out())
                .contains("Stable Diffusion XL in one file: the unet alone");
    }

    @Test
    void eightBitFloatsDrawWhatTheNumbersTheyAreDraw() throws IOException {
        Path source = shipped("tiny-sdxl-turbo");
        Map<String, Tensor> halves = new TreeMap<>();
        Map<String, byte[]> bytes = new TreeMap<>();
        try (SafetensorsFile file = SafetensorsFile.open(written(source, folder.resolve("whole.safetensors"), ""))) {
            tensors(file).forEach((name, tensor) -> {
                boolean matrix = tensor.dtype() == DType.F16 && tensor.shape().rank() > 1;
                halves.put(name, matrix ? truncated(tensor) : tensor);
                bytes.put(name, matrix ? upperBytes(tensor) : all(tensor));
            });
        }
        Path half = folder.resolve("half.safetensors");
        SafetensorsWriter.write(half, halves, Map.of());
        Path eight = folder.resolve("eight.safetensors");
        StringBuilder header = new StringBuilder("{");
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        bytes.forEach((name, content) -> {
            Tensor tensor = halves.get(name);
            boolean small = content.length == tensor.shape().elements();
            header.append(header.length() == 1 ? "" : ",")
                    .append('"' + name + "\":{\"dtype\":\"" + (small ? "F8_E5M2" : tensor.dtype()) + "\",\"shape\":"
                            + tensor.shape() + ",\"data_offsets\":[" + data.size() + ","
                            + (data.size() + content.length) + "]}");
            data.writeBytes(content);
        });
        byte[] json = header.append('}').toString().getBytes(StandardCharsets.UTF_8);
        ByteBuffer length =
                ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(json.length);
        try (OutputStream out = Files.newOutputStream(eight)) {
            out.write(length.array());
            out.write(json);
            data.writeTo(out);
        }
        byte[] drawn = picture(half, "--base", configs(source));
        assertThat(drawn).isNotEqualTo(picture(source));
        assertThat(picture(eight, "--base", configs(source))).isEqualTo(drawn);
        Path converted = folder.resolve("converted");
        Mixdq.run("convert", "--model", eight, "--base", configs(source), "--out", converted)
                .succeeds();
        assertThat(picture(converted)).isEqualTo(drawn);
    }

    private static byte[] all(Tensor tensor) {
        byte[] bytes = new byte[tensor.buffer().remaining()];
        tensor.buffer().get(bytes);
        return bytes;
    }

    /** FP16 whose lower bytes are 0: these are the numbers that F8_E5M2 has. */
    private static Tensor truncated(Tensor halves) {
        Tensor out = Tensor.zeros(DType.F16, halves.shape());
        byte[] bytes = all(halves);
        for (int i = 1; i < bytes.length; i += 2) {
            out.buffer().put(i, bytes[i]);
        }
        return out;
    }

    private static byte[] upperBytes(Tensor halves) {
        byte[] bytes = all(halves);
        byte[] upper = new byte[bytes.length / 2];
        for (int i = 0; i < upper.length; i++) {
            upper[i] = bytes[2 * i + 1];
        }
        return upper;
    }

    @Test
    void textEncodersOfSd3MayLieBesideTheModel() throws IOException {
        Path source = shipped("tiny-sd3");
        Path whole = written(source, folder.resolve("whole.safetensors"), "");
        Path model = folder.resolve("sd3/sd3_medium.safetensors");
        Path encoders = folder.resolve("sd3/text_encoders");
        Files.createDirectories(encoders);
        for (String name : List.of("clip_l", "clip_g", "t5xxl")) {
            rewritten(whole, encoders.resolve(name + ".safetensors"), "text_encoders." + name + ".transformer.", "");
        }
        without(whole, model, "text_encoders.");
        Path base = configs(source);
        assertThat(picture(model, "--base", base)).isEqualTo(picture(source));
        assertThat(Mixdq.run("info", model, "--base", base).succeeds().out())
                .contains("text_encoder from clip_l.safetensors", "text_encoder_3 from t5xxl.safetensors");

        Files.delete(encoders.resolve("t5xxl.safetensors"));
        Files.delete(base.resolve("text_encoder_3/config.json"));
        Files.delete(base.resolve("text_encoder_3"));
        assertThat(picture(model, "--base", base, "--no-t5")).isEqualTo(picture(source, "--no-t5"));
        Mixdq.run("infer", "--model", model, "--base", base, "--prompt", "x", "--out", folder.resolve("p.png"))
                .fails(1, "--no-t5");
    }

    @Test
    void whatTheFileAndItsBaseSayMustFit() throws IOException {
        Path sdxl = written(shipped("tiny-sdxl-turbo"), folder.resolve("sdxl.safetensors"), "");
        infer(sdxl, "--base", shipped("tiny-sd3"))
                .fails(1, "is a StableDiffusion3Pipeline", "is one for StableDiffusionXLPipeline");
        infer(sdxl, "--base", folder.resolve("nowhere")).fails(1, "There is no folder", "--base");
        infer(shipped("tiny-sd3"), "--base", shipped("tiny-sd3")).fails(2, "--base completes a model in one file");
        // Without configurations the heads of a network this small cannot be known.
        infer(sdxl).fails(1, "attention heads", "--base FOLDER");
        infer(shipped("tiny-sd3").resolve("vae/diffusion_pytorch_model.safetensors"))
                .fails(1, "holds an autoencoder", "expected a checkpoint of Stable Diffusion");

        Path odd = folder.resolve("odd.safetensors");
        try (SafetensorsFile file = SafetensorsFile.open(sdxl)) {
            Map<String, Tensor> tensors = tensors(file);
            tensors.put(UNET + "time_embed.4.weight", tensors.get(UNET + "time_embed.2.bias"));
            SafetensorsWriter.write(odd, tensors, Map.of());
        }
        infer(odd, "--base", configs(shipped("tiny-sdxl-turbo")))
                .fails(1, "holds 'model.diffusion_model.time_embed.4.weight'", "expected no such tensor in the 'unet'");
    }

    private Mixdq.Outcome infer(Path model, Object... more) {
        return Mixdq.run(Mixdq.join(
                new Object[] {"infer", "--model", model, "--prompt", "x", "--out", folder.resolve("p.png")}, more));
    }

    private static Path shipped(String model) {
        return Shipped.ROOT.resolve("util_files/models").resolve(model);
    }

    private byte[] picture(Path model, Object... more) {
        Path out = folder.resolve("picture.png");
        Object[] draw = {"infer", "--model", model, "--prompt", "a red circle", "--seed", "7", "--out", out};
        Mixdq.run(Mixdq.join(draw, more)).succeeds();
        return Png.decode(out).rgb();
    }

    /** A model folder as one file in the ldm layout. @param prefix of the tensors to write */
    static Path written(Path model, Path file, String prefix) {
        try (LdmCheckpoint checkpoint = LdmCheckpoint.open(ModelFolder.open(model), LdmCheckpoint.allComponents())) {
            Map<String, Tensor> tensors = new TreeMap<>();
            checkpoint.names().stream()
                    .filter(name -> name.startsWith(prefix))
                    .forEach(name -> tensors.put(name, checkpoint.tensor(name)));
            SafetensorsWriter.write(file, tensors, Map.of());
        }
        return file;
    }

    private static Map<String, Tensor> tensors(SafetensorsFile file) {
        Map<String, Tensor> tensors = new TreeMap<>();
        file.names().forEach(name -> tensors.put(name, file.tensor(name)));
        return tensors;
    }

    /** The tensors of one prefix under another. */
    private static void rewritten(Path from, Path to, String prefix, String other) {
        try (SafetensorsFile file = SafetensorsFile.open(from)) {
            Map<String, Tensor> tensors = new TreeMap<>();
            tensors(file).forEach((name, tensor) -> {
                if (name.startsWith(prefix)) {
                    tensors.put(other + name.substring(prefix.length()), tensor);
                }
            });
            SafetensorsWriter.write(to, tensors, Map.of());
        }
    }

    private static void without(Path from, Path to, String prefix) {
        try (SafetensorsFile file = SafetensorsFile.open(from)) {
            Map<String, Tensor> tensors = tensors(file);
            tensors.keySet().removeIf(name -> name.startsWith(prefix));
            SafetensorsWriter.write(to, tensors, Map.of());
        }
    }

    /** A copy of a model without weights. */
    private Path configs(Path model) {
        Path copy = copy(model, folder.resolve("configs-of-" + model.getFileName()));
        try (Stream<Path> files = Files.walk(copy)) {
            for (Path file : files.filter(each -> each.toString().endsWith(".safetensors"))
                    .toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return copy;
    }

    private static Path copy(Path from, Path to) {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path target = to.resolve(from.relativize(file).toString());
                Files.createDirectories(target.getParent());
                if (!Files.exists(target)) {
                    Files.write(target, Files.readAllBytes(file));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return to;
    }
}
