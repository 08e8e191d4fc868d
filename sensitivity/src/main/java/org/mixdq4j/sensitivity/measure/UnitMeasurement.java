package org.mixdq4j.sensitivity.measure;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.exec.Instrumented;
import org.mixdq4j.core.exec.Recording;
import org.mixdq4j.core.pipeline.LatentInput;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.tensor.Tensor;

/** One unit recorded in float, to be run again from changed layers on. For one thread. */
public final class UnitMeasurement implements AutoCloseable {
    private final Unit unit;
    private final String output;
    private final Pictures pictures;
    private final Similarity similarity;
    private final List<Recording> recordings = new ArrayList<>();
    private final List<float[]> references = new ArrayList<>();
    private final double signal;
    private final Tensor picture;

    /** What outputs of the network look like. */
    @FunctionalInterface
    public interface Pictures {
        /**
         * @param modelInput what the network read
         * @param outputs what it said, a tensor a row
         * @return height x width x 3 in 0..1
         */
        Tensor of(int step, Tensor modelInput, List<Tensor> outputs);
    }

    /**
     * @param model the network in float, with one output
     * @param budgetBytes for the recorded values of all rows
     */
    public UnitMeasurement(Unit unit, Instrumented model, Pictures pictures, Similarity similarity, long budgetBytes) {
        this.unit = unit;
        this.output = model.graph().outputs().values().iterator().next();
        this.pictures = pictures;
        this.similarity = similarity;
        double energy = 0;
        List<Tensor> outputs = new ArrayList<>();
        try {
            for (Map<String, Tensor> row : unit.rows()) {
                Recording recording =
                        model.record(row, budgetBytes / unit.rows().size());
                recordings.add(recording);
                outputs.add(recording.value(output));
                references.add(outputs.get(outputs.size() - 1).toFloatArray());
                for (float value : references.get(references.size() - 1)) {
                    energy += (double) value * value;
                }
            }
            if (!(energy > 0) || Double.isInfinite(energy)) {
                throw new MixdqException("The float network's output on calibration unit " + unit.index()
                        + " has the energy " + energy + " where a number above 0 was expected; the model or the"
                        + " calibration set is damaged: check them with 'mixdq info'.");
            }
            picture = pictures.of(unit.step(), LatentInput.of(unit.rows().get(0)), outputs);
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
        signal = energy;
    }

    public Unit unit() {
        return unit;
    }

    /** The recorded rows. */
    public List<Recording> recordings() {
        return List.copyOf(recordings);
    }

    /** Summed squares of the float network's output. */
    public double signal() {
        return signal;
    }

    /** The unit with one layer as given. @param seen whether to compare pictures, too */
    public Measured measure(String id, QuantizedLayer layer, boolean seen) {
        double noise = 0;
        long before = nodes();
        List<Tensor> outputs = new ArrayList<>();
        for (int row = 0; row < recordings.size(); row++) {
            Tensor changed = recordings
                    .get(row)
                    .rerun(Map.of(id, Optional.of(layer)), Set.of(output))
                    .get(output);
            float[] values = changed.toFloatArray();
            float[] reference = references.get(row);
            for (int i = 0; i < values.length; i++) {
                double error = (double) values[i] - reference[i];
                noise += error * error;
            }
            outputs.add(changed);
        }
        double ssim = seen
                ? similarity.between(
                        picture,
                        pictures.of(unit.step(), LatentInput.of(unit.rows().get(0)), outputs))
                : Double.NaN;
        return new Measured(signal, noise, ssim, nodes() - before);
    }

    /**
     * SSIM of the picture after independent normal noise of {@code ratio} times the signal is added to the network's
     * output.
     */
    public double similarityWithNoise(double ratio) {
        SplittableRandom random = new SplittableRandom(unit.index());
        int count = references.stream().mapToInt(values -> values.length).sum();
        double deviation = Math.sqrt(ratio * signal / count);
        List<Tensor> outputs = new ArrayList<>();
        for (int row = 0; row < recordings.size(); row++) {
            Tensor exact = recordings.get(row).value(output);
            float[] values = exact.toFloatArray();
            for (int i = 0; i < values.length; i++) {
                values[i] += (float) (deviation * random.nextGaussian());
            }
            outputs.add(Tensor.of(exact.shape(), values));
        }
        return similarity.between(
                picture, pictures.of(unit.step(), LatentInput.of(unit.rows().get(0)), outputs));
    }

    private long nodes() {
        return recordings.stream().mapToLong(Recording::nodesEvaluated).sum();
    }

    @Override
    public void close() {
        recordings.forEach(Recording::close);
    }
}
