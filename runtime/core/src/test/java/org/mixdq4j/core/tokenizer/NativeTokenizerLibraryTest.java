package org.mixdq4j.core.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.mixdq4j.core.error.MixdqException;

/** A JVM where the native library cannot be loaded, hence a process of its own. */
class NativeTokenizerLibraryTest {
    public static void main(String[] args) {
        try (PromptTokenizer tokenizer = PromptTokenizer.load(Path.of(args[0]))) {
            System.out.println("loaded " + tokenizer.vocabularySize() + " offline "
                    + System.getProperty("ai.djl.offline") + " " + System.getProperty("OPT_OUT_TRACKING"));
        } catch (MixdqException e) {
            System.out.println("sentence: " + e.getMessage());
        }
    }

    private static String run(String... options) throws Exception {
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(options));
        command.addAll(List.of("-cp", classPath, NativeTokenizerLibraryTest.class.getName()));
        command.add(Path.of(System.getProperty("mixdq.root"), "util_files/models/tiny-sdxl-turbo/tokenizer")
                .toString());
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return output;
    }

    @Test
    void anUnloadableLibraryIsOneSentence() throws Exception {
        assertThat(run("-DRUST_LIBRARY_PATH=/nowhere"))
                .contains("sentence: The native tokenizer library could not be loaded")
                .contains("DJL_CACHE_DIR")
                .doesNotContain("\tat ");
    }

    @Test
    void loadingKeepsDjlOfflineUnlessTheUserSaysOtherwise() throws Exception {
        assertThat(run()).contains("loaded 992 offline true true");
        assertThat(run("-DOPT_OUT_TRACKING=false")).contains("loaded 992 offline true false");
    }
}
