package org.mixdq4j.cuda.attention;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Attend;
import org.mixdq4j.core.lower.step.Output;
import org.mixdq4j.core.lower.step.Step;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.cuda.bind.Binder;
import org.mixdq4j.cuda.bind.Family;
import org.mixdq4j.cuda.device.Arguments;
import org.mixdq4j.cuda.device.Geometry;
import org.mixdq4j.cuda.device.Kernel;
import org.mixdq4j.cuda.device.Layout;
import org.mixdq4j.cuda.device.host.Twin;
import org.mixdq4j.cuda.finish.Finish;
import org.mixdq4j.cuda.gemm.HalfProducts;

/**
 * Heads that are too wide for one warp, in halves, as VAEs have (one of 512): two products and a softmax between, for blocks of
 * queries ({@code attention_wide.cu}). Scores are summed up and softmaxed in FP32; weights are rounded to halves.
 */
public final class WideAttention implements Family {
    private static final int CHUNK = 8;
    private static final int TILE = 64;
    private static final int THREADS = 256;
    /** Bytes of scores at a time: what the second-level cache of a large GPU holds beside the weights. */
    private static final long SCORES = 32L << 20;
    /** Queries that keep all multiprocessors at work, however many keys there are. */
    private static final int LEAST_QUERIES = 1024;

    static final Layout PACK = new Layout("WidePackArgs")
            .pointers("k", "v", "keys", "values")
            .s64("batchK", "batchV")
            .s32("pitchK", "pitchV", "rows", "padded", "heads", "width");

    static final Layout SOFTMAX = new Layout("WideSoftmaxArgs")
            .pointers("scores", "weights")
            .s32("keys", "padded")
            .f32("scale");

    private final HalfProducts products;
    private final long scoreBytes;
    private final int leastQueries;

    public WideAttention(HalfProducts products) {
        this(products, SCORES, LEAST_QUERIES);
    }

    WideAttention(HalfProducts products, long scoreBytes, int leastQueries) {
        this.products = products;
        this.scoreBytes = scoreBytes;
        this.leastQueries = leastQueries;
    }

    @Override
    public boolean plan(Step step, Binder binder) {
        if (!(step instanceof Attend attend)
                || attend.bias().isPresent()
                || attend.op().causal()
                || attend.op().scale() <= 0) {
            return false;
        }
        int width = AttentionArguments.width(attend);
        Finish finish = AttentionArguments.finish(attend.outputs());
        if (width <= HeadAttention.WIDEST
                || width % CHUNK != 0
                || !AttentionArguments.halves(attend)
                || !AttentionArguments.vectors(attend, CHUNK)
                || !AttentionArguments.writes(finish)
                || !finish.vectors(CHUNK / 2)) {
            return false;
        }
        new Plan(attend, finish, width, binder).launch();
        return true;
    }

    private final class Plan {
        private final Attend step;
        private final Finish finish;
        private final int width;
        private final Binder binder;
        private final DType type;
        private final int batch;
        private final int heads;
        private final int queries;
        private final int keys;
        private final int padded;
        private final long packedKeys;
        private final long packedValues;
        private final int each;
        private final long scores;
        private final long weights;

        Plan(Attend step, Finish finish, int width, Binder binder) {
            this.step = step;
            this.finish = finish;
            this.width = width;
            this.binder = binder;
            this.type = step.query().value().type();
            this.batch = step.query().shape().dim(0);
            this.heads = step.op().heads();
            this.queries = step.query().shape().dim(1);
            this.keys = step.key().shape().dim(1);
            this.padded = (keys + CHUNK - 1) / CHUNK * CHUNK;
            this.packedKeys = binder.scratch(batch * heads * packedBytes());
            this.packedValues = binder.scratch(batch * heads * packedBytes());
            this.each = (int) Math.min(queries, Math.max(leastQueries, scoreBytes / ((long) Float.BYTES * padded)));
            this.scores = binder.scratch((long) Float.BYTES * each * padded);
            this.weights = binder.scratch((long) Short.BYTES * each * padded);
        }

        /** Of the keys, or the values, of one head. */
        private long packedBytes() {
            return (long) Short.BYTES * padded * width;
        }

        void launch() {
            pack();
            for (int sample = 0; sample < batch; sample++) {
                for (int head = 0; head < heads; head++) {
                    for (int first = 0; first < queries; first += each) {
                        attend(sample, head, first, Math.min(each, queries - first));
                    }
                }
            }
        }

        private void pack() {
            View key = step.key();
            View value = step.value();
            Arguments arguments = new Arguments(PACK)
                    .pointer("k", binder.address(key))
                    .pointer("v", binder.address(value))
                    .scratch("keys", packedKeys)
                    .scratch("values", packedValues)
                    .s64("batchK", key.strides().get(0))
                    .s64("batchV", value.strides().get(0))
                    .s32("pitchK", key.strides().get(1))
                    .s32("pitchV", value.strides().get(1))
                    .s32("rows", keys)
                    .s32("padded", padded)
                    .s32("heads", heads)
                    .s32("width", width);
            Geometry geometry = new Geometry(
                    (padded + TILE - 1) / TILE, (width + TILE - 1) / TILE, batch * heads, THREADS, 0, true);
            binder.launch(kernel("packWide", type, PACK), geometry, arguments);
        }

        private void attend(int sample, int head, int first, int rows) {
            View query = step.query();
            long pitch = query.strides().get(1);
            long start = sample * query.strides().get(0) + first * pitch + (long) head * width;
            long own = ((long) sample * heads + head) * packedBytes();
            Arguments scored = HalfProducts.arguments(rows, padded, width, pitch, binder)
                    .pointer("a", binder.address(query) + Short.BYTES * start)
                    .scratch("b", packedKeys + own);
            products.leave(scored, type, scores, binder);

            Arguments softmaxed = new Arguments(SOFTMAX)
                    .scratch("scores", scores)
                    .scratch("weights", weights)
                    .s32("keys", keys)
                    .s32("padded", padded)
                    .f32("scale", (float) step.op().scale());
            binder.launch(kernel("softmaxWide", type, SOFTMAX), new Geometry(rows, 1, 1, THREADS, 0, true), softmaxed);

            Arguments summed = HalfProducts.arguments(rows, width, padded, padded, binder)
                    .scratch("a", weights)
                    .scratch("b", packedValues + own);
            finish.write(summed, "finish", binder);
            place(summed, (long) sample * queries + first, head * width);
            products.launch(summed, type, finish.defines(), binder);
        }

        /** Outputs as they are seen from a row and a column of the result on. */
        private void place(Arguments arguments, long row, int column) {
            for (int i = 0; i < finish.outputs().size(); i++) {
                Output output = finish.outputs().get(i);
                View to = output.to();
                String sink = "finish.sink[" + i + "].";
                arguments
                        .pointer(
                                sink + "at",
                                binder.address(to)
                                        + row
                                                * to.rowStride()
                                                * to.value().type().bytes())
                        .s32(sink + "from", output.from() - column);
            }
        }
    }

    private static Kernel kernel(String entry, DType type, Layout layout) {
        return new Kernel("attention_wide.cu", entry, Map.of("FLOATS", Finish.type(type)), layout);
    }

    /** What it may launch besides products. */
    public static List<Kernel> variants() {
        List<Kernel> variants = new ArrayList<>();
        for (DType type : List.of(DType.F16, DType.BF16)) {
            variants.add(kernel("packWide", type, PACK));
            variants.add(kernel("softmaxWide", type, SOFTMAX));
        }
        return variants;
    }

    /** Of its own kernels. */
    public static Map<String, Twin> twins() {
        return Map.of("packWide", WideTwins::pack, "softmaxWide", WideTwins::softmax);
    }
}
