package org.mixdq4j.core.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.network.source.ModelFolder;

/** How long prompts are and who reads them, from the model's files and the user's wishes. */
class PromptSettingsTest {
    private static final String LISTED = "\"text_encoder_3\": [\"transformers\", \"T5EncoderModel\"]";
    private static final String ABSENT = "\"text_encoder_3\": [null, null]";

    @TempDir
    Path root;

    private ModelFolder model(String entry) throws Exception {
        Files.writeString(
                root.resolve("model_index.json"),
                "{\"_class_name\": \"StableDiffusion3Pipeline\", \"scheduler\": [\"diffusers\", \"S\"], " + entry
                        + "}");
        Files.createDirectories(root.resolve("scheduler"));
        Files.writeString(root.resolve("scheduler/scheduler_config.json"), "{\"_class_name\": \"FlowMatchS\"}");
        return ModelFolder.open(root);
    }

    private void defaults(String json) throws Exception {
        Files.writeString(root.resolve(SamplingDefaults.FILE), json);
    }

    @Test
    void thePlaceIsThereIfTheIndexMentionsIt() throws Exception {
        assertThat(PromptSettings.of(model(LISTED))).isEqualTo(new PromptSettings(256, true));
        assertThat(PromptSettings.of(model(ABSENT))).isEqualTo(new PromptSettings(256, false));
        assertThat(PromptSettings.of(model("\"vae\": [null, null]"))).isEqualTo(new PromptSettings(0, false));
    }

    @Test
    void theUserMayLeaveTheEncoderOutAndChooseTheLength() throws Exception {
        ModelFolder model = model(LISTED);
        assertThat(PromptSettings.of(model, Optional.of(77), true)).isEqualTo(new PromptSettings(77, false));
        assertThatThrownBy(() -> PromptSettings.of(model, Optional.empty(), false))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("lists 'text_encoder_3' (T5EncoderModel)")
                .hasMessageContaining("or pass --no-t5");
        Files.createDirectory(root.resolve("text_encoder_3"));
        assertThat(PromptSettings.of(model, Optional.of(512), false)).isEqualTo(new PromptSettings(512, true));
        assertThat(PromptSettings.of(model(ABSENT), Optional.empty(), true)).isEqualTo(new PromptSettings(256, false));
    }

    @ParameterizedTest
    @CsvSource({"1", "0", "-4", "513"})
    void lengthsOutOfRange(int length) throws Exception {
        ModelFolder model = model(LISTED);
        assertThatThrownBy(() -> PromptSettings.of(model, Optional.of(length), true))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("give --max-sequence-length 2 to 512");
    }

    @Test
    void wishesForAPlaceThatIsNotThere() throws Exception {
        ModelFolder model = model("\"vae\": [null, null]");
        assertThatThrownBy(() -> PromptSettings.of(model, Optional.of(77), false))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("StableDiffusion3Pipeline without a place for a T5")
                .hasMessageEndingWith("leave out --max-sequence-length.");
        assertThatThrownBy(() -> PromptSettings.of(model, Optional.empty(), true))
                .isInstanceOf(UsageException.class)
                .hasMessageEndingWith("leave out --no-t5.");
    }

    @Test
    void whatIsRecordedReadsBack() {
        for (PromptSettings settings : new PromptSettings[] {
            new PromptSettings(77, true), new PromptSettings(256, false), new PromptSettings(0, false)
        }) {
            ObjectNode json = Json.mapper().createObjectNode();
            settings.record(json);
            assertThat(PromptSettings.recorded(json)).isEqualTo(settings);
            assertThat(json.isEmpty()).isEqualTo(settings.sequenceLength() == 0);
        }
    }

    @Test
    void theFolderMaySayWhatTheModelIsMadeFor() throws Exception {
        ModelFolder model = model(LISTED);
        requireDefaults(model, 28, 7, 256);
        defaults("{\"steps\": 12, \"guidance\": 2.5, \"max_sequence_length\": 77}");
        requireDefaults(model, 12, 2.5, 77);
        assertThat(PromptSettings.of(model).sequenceLength()).isEqualTo(77);
        defaults("{\"guidance\": 1}");
        requireDefaults(model, 28, 1, 256);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "{\"step\": 12}; has a field 'step', expected steps, guidance and max_sequence_length alone",
                "{\"steps\": 0}; gives 0 as 'steps', expected a whole number from 1",
                "{\"steps\": 1.5}; gives 1.5 as 'steps', expected a whole number from 1",
                "{\"guidance\": \"2\"}; gives \"2\" as 'guidance', expected a number from 0",
                "{\"max_sequence_length\": 1}; gives 1 as 'max_sequence_length', expected a whole number from 2"
            })
    void whatTheFolderSaysWrong(String json, String message) throws Exception {
        ModelFolder model = model(LISTED);
        defaults(json);
        assertThatThrownBy(() -> SamplingDefaults.of(model))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining(SamplingDefaults.FILE)
                .hasMessageContaining(message);
    }

    private static void requireDefaults(ModelFolder model, int steps, double guidance, int sequenceLength) {
        SamplingDefaults defaults = SamplingDefaults.of(model);
        assertThat(defaults.steps()).isEqualTo(steps);
        assertThat(defaults.guidance()).isEqualTo(guidance);
        assertThat(defaults.sequenceLength()).isEqualTo(sequenceLength);
    }
}
