package org.mixdq4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mixdq4j.core.io.Folders;
import org.mixdq4j.core.io.Json;

/** {@code mixdq infer} with models that are incomplete, unsupported or put together from several. */
class BadModelFolderTest {
    @TempDir
    private Path folder;

    private Mixdq.Outcome infer(Path model) {
        Path picture = folder.resolve("picture.png");
        Mixdq.Outcome outcome = Mixdq.run(Shipped.infer(model, picture));
        assertThat(picture).doesNotExist();
        return outcome;
    }

    @Test
    void missing() {
        infer(folder.resolve("nowhere")).fails(1, "There is no model ", "model_index.json");
    }

    @Test
    void withoutIndex() {
        infer(folder).fails(1, "has no model_index.json");
    }

    @Test
    void ofAnUnsupportedPipeline() throws IOException {
        Path model = Shipped.linked(folder.resolve("model"));
        Damage.json(Shipped.own(model, "model_index.json"), i -> i.put("_class_name", "KandinskyPipeline"));
        infer(model)
                .fails(
                        1,
                        "is a KandinskyPipeline",
                        "supported are LatentConsistencyModelPipeline, StableDiffusion3Pipeline");
    }

    @ParameterizedTest
    @ValueSource(strings = {"unet", "vae", "text_encoder", "text_encoder_2", "tokenizer", "tokenizer_2", "scheduler"})
    void withoutComponent(String component) throws IOException {
        Path model = Shipped.linked(folder.resolve("model"));
        Folders.delete(model.resolve(component));
        infer(model).fails(1, "has no component '" + component + "'", "get the complete model folder");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "unet/config.json",
                "vae/config.json",
                "text_encoder/config.json",
                "text_encoder_2/config.json",
                "scheduler/scheduler_config.json"
            })
    void withoutConfig(String name) throws IOException {
        Path model = Shipped.linked(folder.resolve("model"));
        Files.delete(model.resolve(name));
        infer(model).fails(1, "has no " + name, "get the complete model folder");
    }

    @ParameterizedTest
    @CsvSource({"vae,unet", "text_encoder,unet", "unet,vae", "unet,text_encoder", "text_encoder,text_encoder_2"})
    void withConfigOfAnother(String from, String to) throws IOException {
        Path model = Shipped.linked(folder.resolve("model"));
        Path config = Shipped.own(model, to + "/config.json");
        Files.write(config, Files.readAllBytes(Shipped.MODEL.resolve(from + "/config.json")));
        infer(model).fails(1, to + "/config.json describes ", "model_index.json says that '" + to + "' is ");
    }

    @ParameterizedTest
    @CsvSource({
        "hello,is not valid JSON",
        "'',is empty where JSON was expected",
        "'{\"a\": ',is truncated",
        "[],holds [] where an object of settings is expected"
    })
    void withConfigThatIsNone(String text, String found) throws IOException {
        Path model = Shipped.linked(folder.resolve("model"));
        for (String component : new String[] {"vae", "unet"}) {
            Files.writeString(Shipped.own(model, component + "/config.json"), text);
            infer(model).fails(1, found);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "unet,block_out_channels,'[48,64,128]',do not belong together",
        "unet,layers_per_block,1,do not belong together",
        "unet,cross_attention_dim,128,do not belong together",
        "unet,in_channels,9,it is an inpainting model",
        "unet,'transformer_layers_per_block','[1,1,1]',do not belong together",
        "unet,attention_head_dim,'[3,4,7]',expected a divisor",
        "unet,norm_num_groups,7,cannot part 48 channels into 7 groups",
        "vae,block_out_channels,'[16,32]','expected 2 as in'",
        "vae,latent_channels,16,do not belong together",
        "vae,scaling_factor,0,'scaling_factor'",
        "vae,scaling_factor,'\"a\"',expected a number",
        "text_encoder_2,num_hidden_layers,1,do not belong together",
        "text_encoder_2,vocab_size,10,do not belong together"
    })
    void withConfigThatDoesNotFitTheWeights(String component, String field, String value, String found)
            throws IOException {
        Path model = Shipped.linked(folder.resolve("model"));
        Damage.json(Shipped.own(model, component + "/config.json"), c -> c.set(field, Json.parse(value, "value")));
        infer(model).fails(1, found);
    }

    @Test
    void withoutSecondTextEncoderInTheIndex() throws IOException {
        Path model = Shipped.linked(folder.resolve("model"));
        Damage.json(Shipped.own(model, "model_index.json"), (ObjectNode index) -> index.remove("text_encoder_2"));
        infer(model).fails(1, "text_encoder_2");
    }
}
