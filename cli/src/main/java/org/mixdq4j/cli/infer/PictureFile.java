package org.mixdq4j.cli.infer;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.mixdq4j.cli.terminal.Version;
import org.mixdq4j.core.pipeline.TextToImage;

/** What a picture file is called, and what it says of how it was made. */
public final class PictureFile {
    private PictureFile() {}

    /** Name of picture {@code index} of {@code count}: the given one, numbered before its ending if there are several. */
    public static Path numbered(Path out, int index, int count) {
        if (count == 1) {
            return out;
        }
        String name = out.getFileName().toString();
        int dot = name.lastIndexOf('.');
        String stem = dot > 0 ? name.substring(0, dot) : name;
        String ending = dot > 0 ? name.substring(dot) : ".png";
        return out.resolveSibling(String.format(Locale.ROOT, "%s-%0" + digits(count) + "d%s", stem, index, ending));
    }

    private static int digits(int count) {
        return Math.max(2, Integer.toString(count - 1).length());
    }

    /** The {@code parameters} text other programs write and read: prompt, negative prompt, then settings. */
    public static String parameters(
            TextToImage.Request request,
            String seed,
            int width,
            int height,
            String scheduler,
            Map<String, String> more) {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put(
                "Steps", Integer.toString(request.timesteps().map(t -> t.length).orElse(request.steps())));
        settings.put("Sampler", scheduler);
        settings.put("CFG scale", Double.toString(request.guidance()));
        settings.put("Seed", seed);
        settings.put("Size", width + "x" + height);
        settings.putAll(more);
        settings.put("Version", "mixdq4j " + Version.text());
        StringBuilder text = new StringBuilder(request.prompt()).append('\n');
        request.negativePrompt()
                .ifPresent(n -> text.append("Negative prompt: ").append(n).append('\n'));
        StringBuilder line = new StringBuilder();
        settings.forEach((name, value) -> line.append(line.length() == 0 ? "" : ", ")
                .append(name)
                .append(": ")
                .append(value));
        return text.append(line).toString();
    }
}
