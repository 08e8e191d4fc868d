package org.mixdq4j.ptq.rounding;

import java.util.function.Consumer;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.tensor.Shape;

/** What is gathered of one layer input: the second moment of fitting samples, and vectors of held-out ones. */
final class InputMoments {
    /** Vectors added to the moment at a time. */
    private static final int BATCH = 64;
    /** The golden ratio's fraction: its multiples, modulo 1, fill the unit interval evenly. */
    private static final double GOLDEN = 0.6180339887498949;

    private final LayerInput input;
    private final int perFittingRow;
    private final int perChoosingRow;
    private final SecondMoment moment;
    private final HeldOutInputs heldOut;
    private final double[][] batch;
    private final double[] vector;
    private int batched;
    private int fitted;
    private int held;

    /**
     * Room for an input.
     *
     * @param fittingRows rows of network input the moment is summed over
     * @param choosingRows held-out rows
     */
    InputMoments(Graph graph, LayerInput input, int fittingRows, int choosingRows, RoundingOptions options) {
        this.input = input;
        int each = input.count(graph.shape(input.value()));
        this.perFittingRow = perRow(each, fittingRows, options.vectors());
        this.perChoosingRow = perRow(each, choosingRows, options.heldOutVectors());
        this.moment = new SecondMoment(input.width());
        this.heldOut = new HeldOutInputs(input.width(), perChoosingRow * choosingRows);
        this.batch = new double[BATCH][input.width()];
        this.vector = new double[input.width()];
    }

    private static int perRow(int each, int rows, int wanted) {
        return Math.min(each, (wanted + rows - 1) / rows);
    }

    /** Bytes the moments of an input take while they are gathered and used, with the factor made from them. */
    static long bytes(LayerInput input, RoundingOptions options) {
        return 2 * SecondMoment.bytes(input.width())
                + HeldOutInputs.bytes(input.width(), options.heldOutVectors())
                + 8L * BATCH * input.width();
    }

    /** Adds a value of a fitting sample to the moment. */
    void fit(float[] values, Shape shape) {
        sample(values, shape, perFittingRow, fitted++, sampled -> {
            System.arraycopy(sampled, 0, batch[batched], 0, sampled.length);
            if (++batched == BATCH) {
                flush();
            }
        });
    }

    /** Keeps vectors of a value of a held-out sample. */
    void hold(float[] values, Shape shape) {
        sample(values, shape, perChoosingRow, held++, heldOut::add);
    }

    /** Evenly spaced vectors of a value, not the same in each row. */
    private void sample(float[] values, Shape shape, int wanted, int row, Consumer<double[]> to) {
        int total = input.count(shape);
        double offset = row * GOLDEN % 1;
        for (int i = 0; i < wanted; i++) {
            input.read(values, shape, (int) ((i + offset) * total / wanted), vector);
            to.accept(vector);
        }
    }

    private void flush() {
        moment.add(batch, batched);
        batched = 0;
    }

    /** The moment of all that was given to {@link #fit}. */
    SecondMoment moment() {
        flush();
        return moment;
    }

    HeldOutInputs heldOut() {
        return heldOut;
    }
}
