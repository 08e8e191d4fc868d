package org.mixdq4j.ptq.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.error.UsageException;

class CandidatesTest {
    @TempDir
    Path folder;

    @BeforeEach
    void plans() throws IOException {
        Files.writeString(folder.resolve("weights_000.yaml"), "model.a: 4\n");
        Files.writeString(folder.resolve("weights_001.yaml"), "model.a: 8\n");
        Files.writeString(folder.resolve("acts_000.yaml"), "model.a: 2\n");
        Files.writeString(folder.resolve("weights_002.yaml"), "left by an earlier run");
    }

    private Candidates read(String index) throws IOException {
        Files.writeString(folder.resolve("frontier.json"), index);
        return Candidates.read(folder);
    }

    @Test
    void readsThePlansTheIndexNamesAndNotThoseThatAreBeaten() throws IOException {
        Candidates candidates = read(
                "{\"weights\": [{\"dominated\": false, \"file\": \"weights_000.yaml\"},"
                        + " {\"dominated\": true}, {\"file\": \"weights_001.yaml\"}], \"acts\": [{\"file\": \"acts_000.yaml\"}]}");
        assertThat(candidates.weights())
                .extracting(BitTable::name)
                .containsExactly("weights_000.yaml", "weights_001.yaml");
        assertThat(candidates.acts())
                .extracting(table -> table.of("a").orElseThrow())
                .containsExactly(2);
        assertThat(read("{\"weights\": [{\"file\": \"weights_001.yaml\"}]}").acts())
                .isEmpty();
    }

    @ParameterizedTest(name = "{1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "{}                                               | names no plans of weights",
                "{\"weights\": [{\"dominated\": true}]}           | names no plans of weights",
                "{\"weights\": [{\"file\": \"weights_009.yaml\"}]} | the plan 'weights_009.yaml', which is not beside it",
                "{\"weights\": [{\"file\": \"../plan.yaml\"}]}    | the plan '../plan.yaml', which is not beside it",
                "{\"weights\": [{\"file\": \"weights_002.yaml\"}]} | holds no map from layers",
                "{\"weights\": [                                  | is truncated",
            })
    void refusesADamagedIndex(String index, String message) throws IOException {
        Files.writeString(folder.resolveSibling("plan.yaml"), "model.a: 4\n");
        assertThatThrownBy(() -> read(index)).isInstanceOf(MixdqException.class).hasMessageContaining(message);
    }

    @Test
    void refusesAFolderThatIsNone() {
        assertThatThrownBy(() -> Candidates.read(folder.resolve("nowhere")))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("has no frontier.json")
                .hasMessageContaining("--sweep");
    }
}
