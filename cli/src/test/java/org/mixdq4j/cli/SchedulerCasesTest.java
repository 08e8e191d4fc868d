package org.mixdq4j.cli;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a model's scheduler files say, as people publish them. */
class SchedulerCasesTest {
    @Test
    void theSharedModelDrawsWhatDiffusersDraws(@TempDir Path folder) {
        ModelCase plain = ModelCase.of("00-plain", folder.resolve("model"));
        plain.draw(folder).succeeds();
        plain.requirePicture(folder);
    }
}
