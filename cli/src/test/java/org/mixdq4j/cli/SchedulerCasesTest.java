package org.mixdq4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a model's scheduler files say, as people publish them, drawn as diffusers draws it. */
class SchedulerCasesTest {
    @TempDir
    private Path folder;

    private ModelCase model(String name) {
        return ModelCase.of(name, folder.resolve("model"));
    }

    @Test
    void theSharedModel() {
        ModelCase plain = model("00-plain");
        Mixdq.Outcome outcome = plain.draw(folder).succeeds();
        plain.requirePicture(folder);
        assertThat(outcome.err()).contains("sampling: 8 steps, guidance 5.0, EulerDiscreteScheduler (as given)");
    }

    @Test
    void theIndexNamesTheScheduler() {
        ModelCase named = model("01-scheduler-named-by-index");
        Mixdq.Outcome outcome = named.draw(folder).succeeds();
        named.requirePicture(folder);
        assertThat(outcome.err().lines().filter(line -> line.contains("scheduler_config.json")))
                .hasSize(1)
                .allMatch(line -> line.contains("DPMSolverMultistepScheduler") && line.contains("PNDMScheduler"));
    }

    @Test
    void pndm() {
        ModelCase pndm = model("02-pndm");
        pndm.draw(folder).succeeds();
        pndm.requirePicture(folder);
    }

    /** The same model's settings in the class that another case's index names. */
    @Test
    void anotherSchedulerIsChosen() {
        ModelCase pndm = model("02-pndm");
        pndm.draw(folder, "--scheduler", "dpmpp_2m").succeeds();
        ModelCase.of("01-scheduler-named-by-index", folder.resolve("other")).requirePicture(folder);
    }

    @Test
    void trailingTimestepsAreNotTurbo() {
        ModelCase trailing = model("05-trailing-is-not-turbo");
        Mixdq.Outcome outcome = trailing.drawByDefaults(folder).succeeds();
        trailing.requirePicture(folder);
        assertThat(outcome.err())
                .contains("sampling: 50 steps, guidance 5.0, EulerDiscreteScheduler"
                        + " (the defaults of diffusers' StableDiffusionXLPipeline)");
    }
}
