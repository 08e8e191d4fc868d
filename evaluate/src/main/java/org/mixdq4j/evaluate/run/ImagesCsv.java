package org.mixdq4j.evaluate.run;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.mixdq4j.core.io.AtomicFiles;
import org.mixdq4j.evaluate.pair.Likeness;

/** images.csv: a line a picture, of the float model first; what was not measured is empty. */
final class ImagesCsv {
    private final List<Sample> samples;
    private final List<String> scores;
    private final StringBuilder text = new StringBuilder();

    ImagesCsv(List<Sample> samples, List<String> scores) {
        this.samples = samples;
        this.scores = scores;
        List<String> header = new ArrayList<>(List.of(
                "variant",
                "index",
                "caption_id",
                "seed",
                "ssim",
                "psnr_db",
                "latent_sqnr_db",
                "output_sqnr_db",
                "lpips"));
        header.addAll(scores);
        header.add("caption");
        line(header);
    }

    /** The pictures of one variant. @param likenesses empty for the float model */
    void add(String variant, List<Likeness> likenesses, Optional<double[]> lpips, Judgement judgement) {
        for (int i = 0; i < samples.size(); i++) {
            Sample sample = samples.get(i);
            int index = i;
            List<String> cells = new ArrayList<>(
                    List.of(variant, Integer.toString(i), Long.toString(sample.id()), Long.toString(sample.seed())));
            if (likenesses.isEmpty()) {
                cells.addAll(List.of("", "", "", ""));
            } else {
                Likeness likeness = likenesses.get(i);
                cells.add(number(likeness.ssim()));
                cells.add(number(likeness.psnr()));
                cells.add(number(likeness.latentSqnr()));
                cells.add(number(likeness.outputSqnr()));
            }
            cells.add(lpips.map(values -> number(values[index])).orElse(""));
            scores.forEach(name -> cells.add(number(judgement.scores().get(name)[index])));
            cells.add('"' + sample.caption().replace("\"", "\"\"") + '"');
            line(cells);
        }
    }

    void write(Path file) {
        AtomicFiles.writeString(file, text.toString());
    }

    private static String number(double value) {
        return Double.isInfinite(value) ? (value > 0 ? "inf" : "-inf") : Double.toString(value);
    }

    private void line(List<String> cells) {
        text.append(String.join(",", cells)).append('\n');
    }
}
