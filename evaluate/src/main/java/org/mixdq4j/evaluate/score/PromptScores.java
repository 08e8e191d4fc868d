package org.mixdq4j.evaluate.score;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.Set;
import org.mixdq4j.core.error.MixdqException;

/** The plugged-in judges on the class path. */
public final class PromptScores {
    /** Columns and fields the results of an evaluation have anyway. */
    private static final Set<String> TAKEN = Set.of(
            "clip_score",
            "ssim",
            "psnr",
            "lpips",
            "fid_float",
            "fid_reference",
            "name",
            "checkpoint",
            "bytes",
            "layers",
            "pictures",
            "captioned",
            "variant",
            "index",
            "seed",
            "caption",
            "caption_id");

    private PromptScores() {}

    /**
     * One instance of each, in order of name; the caller closes them.
     *
     * @throws MixdqException if one cannot be made, or its name is taken or no name
     */
    public static List<PromptScore> plugged() {
        List<PromptScore> found = new ArrayList<>();
        try {
            ServiceLoader.load(PromptScore.class).forEach(found::add);
            Set<String> names = new HashSet<>(TAKEN);
            for (PromptScore score : found) {
                requireUsable(score, names);
            }
        } catch (ServiceConfigurationError e) {
            found.forEach(PromptScore::close);
            throw new MixdqException(
                    "A score on the class path cannot be used (" + e.getMessage()
                            + "); repair its jar or leave it out of MIXDQ_PLUGINS.",
                    e);
        } catch (RuntimeException e) {
            found.forEach(PromptScore::close);
            throw e;
        }
        found.sort((a, b) -> a.name().compareTo(b.name()));
        return found;
    }

    private static void requireUsable(PromptScore score, Set<String> names) {
        String name = score.name();
        if (name == null || !name.matches("[a-z][a-z0-9_]*") || !names.add(name)) {
            throw new MixdqException("The score " + score.getClass().getName() + " on the class path calls itself '"
                    + name + "', expected a name of a-z, 0-9 and _ that is not taken; rename it.");
        }
    }
}
