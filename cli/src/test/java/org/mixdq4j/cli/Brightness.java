package org.mixdq4j.cli;

import org.mixdq4j.core.image.RgbImage;
import org.mixdq4j.evaluate.score.PromptScore;

/** A score as another project would plug it in: mean level of a picture in 0..1; the prompt does not count. */
public final class Brightness implements PromptScore {
    @Override
    public String name() {
        return "brightness";
    }

    @Override
    public double score(String prompt, RgbImage picture) {
        double sum = 0;
        for (float level : picture.toUnit()) {
            sum += level;
        }
        return sum / picture.rgb().length;
    }
}
