package org.mixdq4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mixdq4j.core.model.source.LdmCheckpoint;
import org.mixdq4j.core.model.source.ModelFolder;
import org.mixdq4j.core.safetensors.SafetensorsWriter;
import org.mixdq4j.core.tensor.Tensor;

/** Models in one file, as ComfyUI and web UIs share them. */
class SingleFileTest {
    @TempDir
    Path folder;

    @Test
    void aCheckpointWithItsConfigurationsBesideItDrawsDiffusersPicture() {
        ModelCase found = ModelCase.of("09-single-file-ldm", folder.resolve("model"));
        ModelCase single = new ModelCase(found.model().resolve("checkpoint.safetensors"), found.expected());
        single.draw(folder).succeeds();
        single.requirePicture(folder);
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
    void theModelsThatShipDrawTheSameBytesFromOneFile() throws IOException {
        for (String model : new String[] {"tiny-sdxl-turbo", "tiny-sd3"}) {
            Path source = Shipped.ROOT.resolve("util_files/models").resolve(model);
            Path file = written(source, folder.resolve(model + ".safetensors"));
            Path fromFolder = folder.resolve(model + "-folder.png");
            Path fromFile = folder.resolve(model + "-file.png");
            Mixdq.run(draw(source, fromFolder)).succeeds();
            Mixdq.run(Mixdq.join(draw(file, fromFile), "--base", source)).succeeds();
            assertThat(pixels(fromFile)).as(model).isEqualTo(pixels(fromFolder));
        }
    }

    private static byte[] pixels(Path picture) {
        return org.mixdq4j.core.image.Png.decode(picture).rgb();
    }

    private static Object[] draw(Path model, Path out) {
        return new Object[] {"infer", "--model", model, "--prompt", "a red circle", "--seed", "7", "--out", out};
    }

    /** A model folder as one file in the ldm layout. */
    static Path written(Path model, Path file) {
        try (LdmCheckpoint checkpoint = LdmCheckpoint.open(ModelFolder.open(model), LdmCheckpoint.allComponents())) {
            java.util.Map<String, Tensor> tensors = new java.util.TreeMap<>();
            checkpoint.names().forEach(name -> tensors.put(name, checkpoint.tensor(name)));
            SafetensorsWriter.write(file, tensors, java.util.Map.of());
        }
        return file;
    }
}
