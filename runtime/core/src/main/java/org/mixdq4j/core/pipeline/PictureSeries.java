package org.mixdq4j.core.pipeline;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import org.mixdq4j.core.progress.Progress;

/**
 * Any number of pictures, a few at a time: a job is asked for when its batch is drawn and its result handed on before the
 * next batch, so that a long list of prompts does not fill the memory. The size of batches changes no picture.
 */
public final class PictureSeries {
    /** Takes pictures, in order. */
    @FunctionalInterface
    public interface Drawn {
        void accept(int index, TextToImage.Result result);
    }

    private final TextToImage pipeline;
    private final int batchSize;
    private final Progress progress;

    /** @param progress told after each batch how many pictures there are; its begin and end are the caller's */
    public PictureSeries(TextToImage pipeline, int batchSize, Progress progress) {
        this.pipeline = pipeline;
        this.batchSize = batchSize;
        this.progress = progress;
    }

    /** Draws pictures {@code first} to {@code last}, without that. */
    public void draw(int first, int last, IntFunction<TextToImage.Job> jobs, Drawn drawn) {
        for (int from = first; from < last; from += batchSize) {
            int to = Math.min(last, from + batchSize);
            List<TextToImage.Job> batch = new ArrayList<>();
            for (int i = from; i < to; i++) {
                batch.add(jobs.apply(i));
            }
            List<TextToImage.Result> results = pipeline.generate(batch);
            for (int i = from; i < to; i++) {
                drawn.accept(i, results.get(i - from));
            }
            progress.at(to);
        }
    }
}
