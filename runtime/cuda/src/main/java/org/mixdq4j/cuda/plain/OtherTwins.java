package org.mixdq4j.cuda.plain;

import java.util.List;
import org.mixdq4j.cuda.device.Arguments;
import org.mixdq4j.cuda.device.Geometry;
import org.mixdq4j.cuda.device.Kernel;
import org.mixdq4j.cuda.device.Parameter;
import org.mixdq4j.cuda.device.host.HostMemory;
import org.mixdq4j.cuda.finish.FinishTwin;

/** {@code others.cu}. */
final class OtherTwins {
    private OtherTwins() {}

    static void embedding(HostMemory memory, Kernel kernel, Geometry geometry, List<Parameter> parameters) {
        Arguments args = (Arguments) parameters.get(0);
        int type = kernel.number("FLOATS");
        int features = args.s32("features");
        for (int i = 0; i < geometry.x(); i++) {
            long id = id(memory, kernel, args.pointer("ids"), i);
            boolean known = id >= 0 && id < args.s64("tableRows");
            for (int c = 0; c < features; c++) {
                float x =
                        known ? FinishTwin.getFloat(memory, type, args.pointer("table"), id * features + c) : Float.NaN;
                FinishTwin.setFloat(memory, type, args.pointer("to"), (long) i * features + c, x);
            }
        }
    }

    static void timestepEmbedding(HostMemory memory, Kernel kernel, Geometry geometry, List<Parameter> parameters) {
        Arguments args = (Arguments) parameters.get(0);
        int features = args.s32("features");
        int half = features / 2;
        long count = Math.min((long) args.s32("count") * features, geometry.blocks() * OtherOps.THREADS);
        for (int index = 0; index < count; index++) {
            float time = FinishTwin.getFloat(memory, kernel.number("INPUT_0"), args.pointer("times"), index / features);
            int sine = index % features - args.s32("sinAt");
            int cosine = index % features - args.s32("cosAt");
            float x = 0;
            if (sine >= 0 && sine < half) {
                x = (float) Math.sin(time * memory.f32(args.pointer("frequencies") + (long) Float.BYTES * sine));
            } else if (cosine >= 0 && cosine < half) {
                x = (float) Math.cos(time * memory.f32(args.pointer("frequencies") + (long) Float.BYTES * cosine));
            }
            FinishTwin.setFloat(memory, kernel.number("FLOATS"), args.pointer("to"), index, x);
        }
    }

    static void poolToken(HostMemory memory, Kernel kernel, Geometry geometry, List<Parameter> parameters) {
        Arguments args = (Arguments) parameters.get(0);
        int tokens = args.s32("tokens");
        int features = args.s32("features");
        for (int sample = 0; sample < geometry.x(); sample++) {
            long first = (long) sample * tokens;
            int best = 0;
            boolean found = false;
            for (int i = 0; i < tokens; i++) {
                long id = id(memory, kernel, args.pointer("ids"), first + i);
                boolean better = args.s32("highest") == 1
                        ? id > id(memory, kernel, args.pointer("ids"), first + best)
                        : !found && id == args.s64("eosId");
                if (better) {
                    best = i;
                    found = true;
                }
            }
            for (int c = 0; c < features; c++) {
                float x = FinishTwin.getFloat(
                        memory, kernel.number("INPUT_0"), args.pointer("hidden"), (first + best) * features + c);
                FinishTwin.setFloat(
                        memory, kernel.number("FLOATS"), args.pointer("to"), (long) sample * features + c, x);
            }
        }
    }

    static void matMul(HostMemory memory, Kernel kernel, Geometry geometry, List<Parameter> parameters) {
        Arguments args = (Arguments) parameters.get(0);
        int width = args.s32("width");
        int columns = args.s32("columns");
        long count = Math.min((long) args.s32("rows") * columns, geometry.blocks() * OtherOps.WARPS);
        for (long index = 0; index < count; index++) {
            double sum = 0;
            for (int k = 0; k < width; k++) {
                double a = FinishTwin.getFloat(
                        memory, kernel.number("INPUT_0"), args.pointer("a"), index / columns * width + k);
                sum += a
                        * FinishTwin.getFloat(
                                memory, kernel.number("INPUT_1"), args.pointer("b"), index % columns * width + k);
            }
            FinishTwin.setFloat(memory, kernel.number("FLOATS"), args.pointer("to"), index, (float) sum);
        }
    }

    static void upsampleNearest(HostMemory memory, Kernel kernel, Geometry geometry, List<Parameter> parameters) {
        Arguments args = (Arguments) parameters.get(0);
        int pixel = args.s32("channels") * kernel.number("UNIT_BYTES");
        int height = args.s32("height");
        int width = args.s32("width");
        for (int block = 0; block < geometry.x(); block++) {
            long row = (long) (block / width % height) * args.s32("fromHeight") / height;
            long column = (long) (block % width) * args.s32("fromWidth") / width;
            long sample = block / width / height;
            long from = ((sample * args.s32("fromHeight") + row) * args.s32("fromWidth") + column) * pixel;
            memory.bytes(args.pointer("to") + (long) block * pixel, pixel)
                    .put(memory.bytes(args.pointer("from") + from, pixel));
        }
    }

    private static long id(HostMemory memory, Kernel kernel, long ids, long index) {
        return switch (kernel.number("ID_BYTES")) {
            case 8 -> memory.s64(ids + index * Long.BYTES);
            case 4 -> memory.s32(ids + index * Integer.BYTES);
            default -> memory.u8(ids + index);
        };
    }
}
