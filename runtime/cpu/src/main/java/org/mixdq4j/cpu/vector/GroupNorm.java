package org.mixdq4j.cpu.vector;

import java.util.Arrays;
import java.util.function.IntConsumer;
import org.mixdq4j.cpu.session.Task;
import org.mixdq4j.cpu.session.Workers;

/**
 * Norm of groups of channels: a pass that measures, and the stage of the second pass that uses what was measured.
 *
 * <p>Sums are of {@code d = x - shift}, the shift being the group's mean in the sample's first row, so that little is lost
 * where the mean is large: in float over at most {@link #MAX_ROWS} rows, in double over channels and blocks of rows.
 */
final class GroupNorm implements Task {
    private static final int MIN_ROWS = 32;
    private static final int MAX_ROWS = 512;
    private static final int BLOCKS = 32;

    private final RowShape shape;
    private final Sources sources;
    private final Loops loops;
    private final Workers workers;
    private final int groups;
    private final int width;
    private final double epsilon;
    private final float[] weight;
    private final float[] bias;
    private final int blockRows;
    private final int blocks;
    /** Of each sample's blocks and their groups: the sum, and the sum of squares. */
    private final double[] sums;
    /** Of each sample's groups. */
    private final float[] shifts;
    /** Of each sample's channels: what is taken away, and what is multiplied by. */
    private final float[][] means;

    private final float[][] factors;
    private final IntConsumer measure = this::measure;

    /** @param weight one a channel, as is {@code bias}; both with room for vectors */
    GroupNorm(
            RowShape shape,
            Sources sources,
            int groups,
            double epsilon,
            float[] weight,
            float[] bias,
            Loops loops,
            Workers workers) {
        if (shape.columns() % groups != 0) {
            throw new IllegalArgumentException(groups + " groups of " + shape.columns() + " channels");
        }
        this.shape = shape;
        this.sources = sources;
        this.groups = groups;
        this.width = shape.columns() / groups;
        this.epsilon = epsilon;
        this.weight = weight;
        this.bias = bias;
        this.loops = loops;
        this.workers = workers;
        int rows = shape.rowsPerSample();
        blockRows = Math.min(MAX_ROWS, Math.max(MIN_ROWS, (rows + BLOCKS - 1) / BLOCKS));
        blocks = (rows + blockRows - 1) / blockRows;
        sums = new double[shape.samples() * blocks * groups * 2];
        shifts = new float[shape.samples() * groups];
        means = new float[shape.samples()][shape.stride()];
        factors = new float[shape.samples()][shape.stride()];
    }

    /** Measures. */
    @Override
    public void run() {
        workers.run(shape.samples() * blocks, measure);
        for (int sample = 0; sample < shape.samples(); sample++) {
            conclude(sample);
        }
    }

    /** Normalizes, by what {@link #run} measured. */
    Stage stage() {
        int stride = shape.stride();
        return (scratch, first, rows) -> {
            int sample = first / shape.rowsPerSample();
            for (int r = 0; r < rows; r++) {
                loops.affine(scratch.main, r * stride, shape.columns(), means[sample], factors[sample], bias);
            }
        };
    }

    private void measure(int number) {
        int sample = number / blocks;
        int from = number % blocks * blockRows;
        int to = Math.min(from + blockRows, shape.rowsPerSample());
        int start = sample * shape.rowsPerSample();
        int stride = shape.stride();
        Scratch scratch = Scratch.of(shape.scratch());
        float[] state = scratch.second;
        sources.readColumns(start, 0, shape.columns(), scratch.main, 0, scratch);
        for (int group = 0; group < groups; group++) {
            double shift = 0;
            for (int c = group * width; c < (group + 1) * width; c++) {
                shift += scratch.main[c];
            }
            float mean = (float) (shift / width);
            for (int c = group * width; c < (group + 1) * width; c++) {
                state[c] = mean;
            }
            if (from == 0) {
                shifts[sample * groups + group] = mean;
            }
        }
        Arrays.fill(state, stride, 3 * stride, 0);
        int chunk = shape.chunkRows();
        for (int row = from; row < to; row += chunk) {
            int rows = Math.min(chunk, to - row);
            // The stale elements between rows are summed as well, into sums that nobody reads.
            sources.read(scratch, start + row, rows, stride);
            loops.accumulate(scratch.main, stride, rows, shape.columns(), state);
        }
        for (int group = 0; group < groups; group++) {
            double sum = 0;
            double squares = 0;
            for (int c = group * width; c < (group + 1) * width; c++) {
                sum += state[stride + c];
                squares += state[2 * stride + c];
            }
            int at = (number * groups + group) * 2;
            sums[at] = sum;
            sums[at + 1] = squares;
        }
    }

    private void conclude(int sample) {
        double count = (double) shape.rowsPerSample() * width;
        for (int group = 0; group < groups; group++) {
            double sum = 0;
            double squares = 0;
            for (int block = 0; block < blocks; block++) {
                int at = ((sample * blocks + block) * groups + group) * 2;
                sum += sums[at];
                squares += sums[at + 1];
            }
            double distance = sum / count;
            double variance = Math.max(0, squares / count - distance * distance);
            float mean = (float) (shifts[sample * groups + group] + distance);
            double factor = 1 / Math.sqrt(variance + epsilon);
            for (int c = group * width; c < (group + 1) * width; c++) {
                means[sample][c] = mean;
                factors[sample][c] = (float) (factor * weight[c]);
            }
        }
    }
}
