package org.mixdq4j.cuda.norm;

import java.util.List;
import org.mixdq4j.cuda.device.Arguments;
import org.mixdq4j.cuda.device.Geometry;
import org.mixdq4j.cuda.device.Kernel;
import org.mixdq4j.cuda.device.Parameter;
import org.mixdq4j.cuda.device.host.HostMemory;
import org.mixdq4j.cuda.finish.FinishTwin;
import org.mixdq4j.cuda.pointwise.JoinedTwin;

/** {@code group_norm.cu}. Sums are made in double. */
final class SliceTwins {
    private static final int PAIR = 2 * Float.BYTES;
    private static final int ARRIVALS = 2 * Integer.BYTES;

    private final HostMemory memory;
    private final Kernel kernel;
    private final Geometry geometry;
    private final Arguments arguments;
    private final JoinedTwin in;
    private final int channels;
    private final int groups;
    private final int width;
    private final int rowsEach;
    private final int slices;
    private final int sliceRows;

    private SliceTwins(HostMemory memory, Kernel kernel, Geometry geometry, List<Parameter> parameters) {
        this.memory = memory;
        this.kernel = kernel;
        this.geometry = geometry;
        arguments = (Arguments) parameters.get(0);
        in = new JoinedTwin(memory, kernel, arguments, "in");
        channels = kernel.number("CHANNELS");
        groups = kernel.number("GROUPS");
        width = channels / groups;
        rowsEach = arguments.s32("rowsEach");
        slices = arguments.s32("slices");
        sliceRows = arguments.s32("sliceRows");
        if (geometry.threads() != kernel.number("THREADS")) {
            throw new IllegalStateException("blocks of " + geometry.threads() + " threads");
        }
    }

    static void slices(HostMemory memory, Kernel kernel, Geometry geometry, List<Parameter> parameters) {
        SliceTwins twin = new SliceTwins(memory, kernel, geometry, parameters);
        for (int sample = 0; sample < geometry.y(); sample++) {
            twin.sumSlices(sample);
        }
    }

    static void combine(HostMemory memory, Kernel kernel, Geometry geometry, List<Parameter> parameters) {
        SliceTwins twin = new SliceTwins(memory, kernel, geometry, parameters);
        for (int sample = 0; sample < geometry.y(); sample++) {
            for (int group = 0; group < twin.groups; group++) {
                double[] found = twin.combined(sample, group);
                long at = twin.arguments.pointer("statistics") + (long) PAIR * (sample * twin.groups + group);
                memory.setF32(at, (float) found[0]);
                memory.setF32(at + Float.BYTES, (float) found[1]);
            }
        }
    }

    static void apply(HostMemory memory, Kernel kernel, Geometry geometry, List<Parameter> parameters) {
        SliceTwins twin = new SliceTwins(memory, kernel, geometry, parameters);
        for (int sample = 0; sample < geometry.y(); sample++) {
            twin.normalize(sample);
        }
    }

    static void once(HostMemory memory, Kernel kernel, Geometry geometry, List<Parameter> parameters) {
        SliceTwins twin = new SliceTwins(memory, kernel, geometry, parameters);
        for (int sample = 0; sample < geometry.y(); sample++) {
            twin.sumSlices(sample);
            long arrivals = twin.arguments.pointer("arrivals") + (long) ARRIVALS * sample;
            if (memory.s32(arrivals) != 0) {
                throw new IllegalStateException("blocks of another launch wait");
            }
            memory.setS32(arrivals + Integer.BYTES, memory.s32(arrivals + Integer.BYTES) + 1);
            twin.normalize(sample);
        }
    }

    private void sumSlices(int sample) {
        int vectors = channels / 8;
        if (geometry.sharedBytes() < geometry.threads() / vectors * channels * PAIR) {
            throw new IllegalStateException("sums in " + geometry.sharedBytes() + " bytes");
        }
        for (int slice = 0; slice < slices; slice++) {
            int first = slice * sliceRows;
            int last = Math.min(first + sliceRows, rowsEach);
            float[][] rows = new float[last - first][];
            for (int row = first; row < last; row++) {
                rows[row - first] = in.row(sample * rowsEach + row, 0, channels);
            }
            for (int group = 0; group < groups; group++) {
                double mean = 0;
                for (float[] row : rows) {
                    for (int i = 0; i < width; i++) {
                        mean += row[group * width + i];
                    }
                }
                mean /= (double) rows.length * width;
                double squares = 0;
                for (float[] row : rows) {
                    for (int i = 0; i < width; i++) {
                        double away = row[group * width + i] - mean;
                        squares += away * away;
                    }
                }
                long at = partial(sample, group) + (long) PAIR * slice;
                memory.setF32(at, (float) mean);
                memory.setF32(at + Float.BYTES, (float) squares);
            }
        }
    }

    private long partial(int sample, int group) {
        return arguments.pointer("partial") + (long) PAIR * slices * (sample * groups + group);
    }

    /** Mean and factor. */
    private double[] combined(int sample, int group) {
        double count = (double) rowsEach * width;
        double mean = 0;
        for (int slice = 0; slice < slices; slice++) {
            mean += memory.f32(partial(sample, group) + (long) PAIR * slice) * (elements(slice) / count);
        }
        double squares = 0;
        for (int slice = 0; slice < slices; slice++) {
            long at = partial(sample, group) + (long) PAIR * slice;
            double away = memory.f32(at) - mean;
            squares += memory.f32(at + Float.BYTES) + elements(slice) * away * away;
        }
        return new double[] {mean, 1 / Math.sqrt(squares / count + arguments.f32("norm.epsilon"))};
    }

    private double elements(int slice) {
        return (double) Math.min(sliceRows, rowsEach - slice * sliceRows) * width;
    }

    /** The rows of all blocks of a sample, in shares of one size. */
    private void normalize(int sample) {
        if (geometry.sharedBytes() < PAIR * groups) {
            throw new IllegalStateException("statistics in " + geometry.sharedBytes() + " bytes");
        }
        double[] factor = new double[channels];
        double[] mean = new double[channels];
        double[] bias = new double[channels];
        for (int group = 0; group < groups; group++) {
            double[] found = combined(sample, group);
            for (int c = group * width; c < (group + 1) * width; c++) {
                boolean affine = kernel.number("AFFINE") > 0;
                long offset = (long) Float.BYTES * c;
                mean[c] = found[0];
                factor[c] = found[1] * (affine ? memory.f32(arguments.pointer("norm.weight") + offset) : 1);
                bias[c] = affine ? memory.f32(arguments.pointer("norm.bias") + offset) : 0;
            }
        }
        FinishTwin finish = new FinishTwin(memory, kernel, arguments, "finish");
        for (int row = 0; row < rowsEach; row++) {
            float[] x = in.row(sample * rowsEach + row, 0, channels);
            for (int c = 0; c < channels; c++) {
                x[c] = (float) ((x[c] - mean[c]) * factor[c] + bias[c]);
            }
            finish.row(x, sample * rowsEach + row, 0);
        }
    }
}
