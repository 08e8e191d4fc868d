package org.mixdq4j.ptq.decoder;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.mixdq4j.core.exec.Observer;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.quant.AffineParams;
import org.mixdq4j.core.tensor.Tensor;

/**
 * The least and the largest number that layers read in each of several pictures, and ranges that leave room for pictures that were
 * not seen.
 *
 * <p>One picture among some dozens has extremes far beyond those of all others, and to cut these off costs it much more than steps
 * that are a little wider cost the others. How far such pictures go differs between layers, and so does the spread of the extremes
 * of those that were seen. Behind a SiLU the lower ones are all alike, and get no room.
 */
final class InputExtremes implements Observer {
    private final Map<String, Ends> byValue = new HashMap<>();

    /** Of one value: what is needed for mean and spread of each end. */
    private static final class Ends {
        private final End low = new End();
        private final End high = new End();
    }

    /** Extremes at one end; the lower one's are negated. */
    private static final class End {
        private double most = Double.NEGATIVE_INFINITY;
        private int count;
        private double mean;
        private double squares;

        private void add(double extreme) {
            most = Math.max(most, extreme);
            double difference = extreme - mean;
            mean += difference / ++count;
            squares += difference * (extreme - mean);
        }

        private double with(double margin) {
            return Math.max(most, mean + margin * Math.sqrt(squares / count));
        }
    }

    /** @param layers whose inputs are watched */
    InputExtremes(List<Node> layers) {
        layers.forEach(layer -> byValue.put(layer.inputs().get(0), new Ends()));
    }

    @Override
    public boolean watches(String id) {
        return byValue.containsKey(id);
    }

    /** @throws IllegalArgumentException if a number is NaN or infinite */
    @Override
    public void observe(String id, Tensor value) {
        float low = Float.POSITIVE_INFINITY;
        float high = Float.NEGATIVE_INFINITY;
        for (float number : value.toFloatArray()) {
            // Math.min and max of NaN are NaN.
            low = Math.min(low, number);
            high = Math.max(high, number);
        }
        if (!Float.isFinite(low) || !Float.isFinite(high)) {
            throw new IllegalArgumentException(id + " holds numbers that are not finite");
        }
        Ends ends = byValue.get(id);
        ends.low.add(-low);
        ends.high.add(high);
    }

    /**
     * The range of a layer's input: all that was seen, and at either end at least as far as the mean of the pictures' extremes and
     * so many of their standard deviations.
     */
    AffineParams range(Node layer, double margin, int bits) {
        Ends ends = byValue.get(layer.inputs().get(0));
        return AffineParams.ofRange(-ends.low.with(margin), ends.high.with(margin), bits);
    }
}
