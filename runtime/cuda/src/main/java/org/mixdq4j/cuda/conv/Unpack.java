package org.mixdq4j.cuda.conv;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import org.mixdq4j.cuda.bind.Binder;
import org.mixdq4j.cuda.device.Arguments;
import org.mixdq4j.cuda.device.Geometry;
import org.mixdq4j.cuda.device.Kernel;
import org.mixdq4j.cuda.device.Layout;
import org.mixdq4j.cuda.device.Parameter;
import org.mixdq4j.cuda.device.host.HostMemory;
import org.mixdq4j.cuda.device.host.Twin;

/** {@code conv_unpack.cu}: codes become bytes in memory that layers of about one size share. */
final class Unpack {
    static final int RUN = 32;

    private static final int THREADS = 256;
    private static final long ALIGNMENT = 256;
    private static final Layout LAYOUT = new Layout("UnpackArgs")
            .pointers("codes", "multipliers", "weight")
            .s32("runs", "channels", "taps", "group", "groups");

    /** Bytes of the memory. */
    private record Area(long bytes) {}

    private Unpack() {}

    /** Memory for the bytes of all segments: sizes are powers of two, so that few areas do for a network. */
    static long area(ConvShape shape, Binder binder) {
        long bytes = 0;
        for (int i = 0; i < shape.bytes().size(); i++) {
            bytes += size(shape, i);
        }
        long size = Long.highestOneBit(bytes - 1) << 1;
        return binder.constant(new Area(size), () -> ByteBuffer.allocateDirect(Math.toIntExact(size)));
    }

    /** Bytes of a segment in it. */
    static long size(ConvShape shape, int segment) {
        long bytes = (long) shape.outputs() * shape.taps() * shape.bytes().get(segment);
        return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }

    static void launch(ConvShape shape, int segment, ConvWeights weights, long to, Binder binder) {
        int channels = shape.bytes().get(segment);
        int runs = Math.toIntExact((long) shape.outputs() * shape.taps() * channels / RUN);
        int group = weights.group(segment);
        Arguments arguments = new Arguments(LAYOUT)
                .pointer("codes", weights.integers(segment))
                .pointer("multipliers", group == 0 ? 0 : weights.multipliers(segment))
                .pointer("weight", to)
                .s32("runs", runs)
                .s32("channels", channels)
                .s32("taps", shape.taps())
                .s32("group", group)
                .s32("groups", group == 0 ? 0 : ConvTile.ceil(channels * shape.taps(), group));
        Geometry geometry = new Geometry(
                ConvTile.ceil(runs, THREADS), 1, 1, THREADS, 0, binder.info().clusters());
        binder.launch(kernel(), geometry, arguments);
    }

    static Kernel kernel() {
        return new Kernel("conv_unpack.cu", "convUnpack", Map.of(), LAYOUT);
    }

    /** The kernel in plain Java. */
    static final class UnpackTwin implements Twin {
        @Override
        public void run(HostMemory memory, Kernel kernel, Geometry geometry, List<Parameter> parameters) {
            Arguments arguments = (Arguments) parameters.get(0);
            int runs = Math.min(arguments.s32("runs"), geometry.x() * THREADS);
            int channels = arguments.s32("channels");
            int taps = arguments.s32("taps");
            long multipliers = arguments.pointer("multipliers");
            byte[] integers = ConvOperand.codes(memory, arguments.pointer("codes"), runs * RUN);
            for (int i = 0; i < integers.length; i++) {
                int row = i / channels;
                int index = i % channels * taps + row % taps;
                int multiplier = multipliers == 0
                        ? 1
                        : memory.u8(multipliers
                                + (long) (row / taps) * arguments.s32("groups")
                                + index / arguments.s32("group"));
                integers[i] = (byte) (integers[i] / ConvOperand.CODE_UNIT * multiplier);
            }
            memory.bytes(arguments.pointer("weight"), integers.length).put(integers);
        }
    }
}
