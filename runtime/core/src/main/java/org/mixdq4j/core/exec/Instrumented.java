package org.mixdq4j.core.exec;

import java.util.Map;
import java.util.Set;
import org.mixdq4j.core.tensor.Tensor;

/**
 * A network whose inside can be watched, changed and differentiated: for analysis, not for speed.
 *
 * <p>Not for use by several threads at once, except one with every layer in float: that one may be run, recorded and asked
 * for gradients by several threads at the same time, each result having the bits it has alone, provided it stays open
 * meanwhile. Of each {@link Session} and {@link Recording} of it, one thread at a time may make use.
 */
public interface Instrumented extends Network {
    /**
     * One run that is watched: computes what the wanted outputs need and nothing else, and frees each value after its last
     * use.
     *
     * @param inputs one tensor per graph input that is needed, of the declared type and shape; others are ignored
     * @param wanted output names
     * @return fresh tensors the caller owns, by output name
     * @throws IllegalArgumentException if an input is missing or has another type or shape
     */
    Map<String, Tensor> run(Map<String, Tensor> inputs, Set<String> wanted, Observer observer);

    /** {@link #record(Map, long)} that keeps everything. */
    default Recording record(Map<String, Tensor> inputs) {
        return record(inputs, Long.MAX_VALUE);
    }

    /**
     * Runs the graph and keeps values, so that it can be run again with a layer changed. Inputs and outputs of the graph
     * are always kept; of the other values those that are most work to compute again per byte, as far as the budget goes.
     * What is not kept is freed after its last use and computed again when it is asked for: the budget changes how long a
     * re-run takes and never what it gives.
     *
     * @param inputs as for {@link #run(Map)}, all of them
     * @param budgetBytes for the values kept besides inputs and outputs; {@link Long#MAX_VALUE} keeps everything
     * @throws IllegalArgumentException if an input is missing or has another type or shape, or the budget is negative
     */
    Recording record(Map<String, Tensor> inputs, long budgetBytes);

    /**
     * How an output answers to small changes of values inside: for each id the gradient of the sum of
     * {@code direction * output} with respect to that node's value, in FP32, by one pass forward and one back. Whatever of
     * the pass forward the way back reads is in memory at once.
     *
     * @param inputs one tensor per graph input that is needed, of the declared type and shape
     * @param output name of an output
     * @param direction F32, of the output's shape
     * @param ids of nodes or modules
     * @return fresh tensors by id, each of its node's shape; zeros where the output does not depend on the node
     * @throws IllegalArgumentException if there is no such output, node or module, or an input or the direction does not fit
     * @throws UnsupportedOperationException if a layer is quantized, since rounding has no useful gradient
     */
    Map<String, Tensor> gradients(Map<String, Tensor> inputs, String output, Tensor direction, Set<String> ids);
}
