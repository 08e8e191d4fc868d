package org.mixdq4j.cuda.plain;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.mixdq4j.core.graph.op.Embedding;
import org.mixdq4j.core.graph.op.MatMul;
import org.mixdq4j.core.graph.op.PoolToken;
import org.mixdq4j.core.graph.op.TimestepEmbedding;
import org.mixdq4j.core.graph.op.UpsampleNearest;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Other;
import org.mixdq4j.core.lower.step.Step;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.cuda.bind.Binder;
import org.mixdq4j.cuda.bind.Family;
import org.mixdq4j.cuda.device.Arguments;
import org.mixdq4j.cuda.device.Geometry;
import org.mixdq4j.cuda.device.Kernel;
import org.mixdq4j.cuda.device.Layout;
import org.mixdq4j.cuda.device.host.Twin;
import org.mixdq4j.cuda.finish.Finish;

/** Ops without a step of their own, each by a kernel of {@code others.cu}. (RelativeBias is one of {@link Moves}.) */
public final class OtherOps implements Family {
    static final int THREADS = 256;
    static final int WARPS = THREADS / 32;

    static final Layout EMBEDDING = new Layout("EmbeddingArgs")
            .pointers("ids", "table", "to")
            .s32("count", "features")
            .s64("tableRows");
    static final Layout TIMESTEP = new Layout("TimestepArgs")
            .pointers("times", "frequencies", "to")
            .s32("count", "features", "sinAt", "cosAt");
    static final Layout POOL = new Layout("PoolTokenArgs")
            .pointers("hidden", "ids", "to")
            .s64("eosId")
            .s32("samples", "tokens", "features", "highest");
    static final Layout MATMUL =
            new Layout("MatMulArgs").pointers("a", "b", "to").s32("rows", "columns", "width");
    static final Layout UPSAMPLE = new Layout("UpsampleArgs")
            .pointers("from", "to")
            .s32("samples", "fromHeight", "fromWidth", "height", "width", "channels");

    @Override
    public boolean plan(Step step, Binder binder) {
        if (!(step instanceof Other other)) {
            return false;
        }
        if (other.op() instanceof Embedding op) {
            embedding(other, op, binder);
        } else if (other.op() instanceof TimestepEmbedding op) {
            timestep(other, op, binder);
        } else if (other.op() instanceof PoolToken op) {
            pool(other, op, binder);
        } else if (other.op() instanceof MatMul) {
            matMul(other, binder);
        } else if (other.op() instanceof UpsampleNearest) {
            upsample(other, binder);
        } else {
            return false;
        }
        return true;
    }

    private static void embedding(Other step, Embedding op, Binder binder) {
        View ids = step.inputs().get(0);
        DType type = step.to().value().type();
        long table = binder.constant(
                List.of("embedding", step.node(), type),
                () -> binder.layers().floats(step.node() + ".weight").to(type).buffer());
        long count = ids.shape().elements();
        binder.launch(
                kernel("embedding", EMBEDDING, type(step.to()), Map.of("ID_BYTES", idBytes(ids))),
                blocks(count),
                new Arguments(EMBEDDING)
                        .pointer("ids", binder.address(ids))
                        .pointer("table", table)
                        .pointer("to", binder.address(step.to()))
                        .s32("count", count)
                        .s32("features", op.features())
                        .s64("tableRows", op.count()));
    }

    /** Frequencies in float32 step by step, as the networks were trained. */
    private static void timestep(Other step, TimestepEmbedding op, Binder binder) {
        int half = op.features() / 2;
        float logPeriod = (float) -Math.log(op.maxPeriod());
        float divisor = (float) (half - op.freqShift());
        float[] frequencies = new float[half];
        for (int i = 0; i < half; i++) {
            frequencies[i] = (float) Math.exp(logPeriod * i / divisor);
        }
        View times = step.inputs().get(0);
        long count = times.shape().elements();
        binder.launch(
                kernel("timestepEmbedding", TIMESTEP, type(step.to()), Map.of("INPUT_0", type(times))),
                Geometry.of(count * op.features(), THREADS),
                new Arguments(TIMESTEP)
                        .pointer("times", binder.address(times))
                        .pointer("frequencies", binder.floats(frequencies))
                        .pointer("to", binder.address(step.to()))
                        .s32("count", count)
                        .s32("features", op.features())
                        .s32("sinAt", op.flipSinToCos() ? half : 0)
                        .s32("cosAt", op.flipSinToCos() ? 0 : half));
    }

    private static void pool(Other step, PoolToken op, Binder binder) {
        View hidden = step.inputs().get(0);
        View ids = step.inputs().get(1);
        Shape shape = hidden.shape();
        binder.launch(
                kernel("poolToken", POOL, type(step.to()), Map.of("INPUT_0", type(hidden), "ID_BYTES", idBytes(ids))),
                blocks(shape.dim(0)),
                new Arguments(POOL)
                        .pointer("hidden", binder.address(hidden))
                        .pointer("ids", binder.address(ids))
                        .pointer("to", binder.address(step.to()))
                        .s64("eosId", op.eosId())
                        .s32("samples", shape.dim(0))
                        .s32("tokens", shape.dim(1))
                        .s32("features", shape.dim(2))
                        .s32("highest", op.eosId() == PoolToken.HIGHEST_ID ? 1 : 0));
    }

    private static void matMul(Other step, Binder binder) {
        View a = step.inputs().get(0);
        View b = step.inputs().get(1);
        binder.launch(
                kernel("matMul", MATMUL, type(step.to()), Map.of("INPUT_0", type(a), "INPUT_1", type(b))),
                blocks((step.to().shape().elements() + WARPS - 1) / WARPS),
                new Arguments(MATMUL)
                        .pointer("a", binder.address(a))
                        .pointer("b", binder.address(b))
                        .pointer("to", binder.address(step.to()))
                        .s32("rows", a.shape().dim(0))
                        .s32("columns", b.shape().dim(0))
                        .s32("width", a.columns()));
    }

    private static void upsample(Other step, Binder binder) {
        Shape from = step.inputs().get(0).shape();
        Shape to = step.to().shape();
        binder.launch(
                kernel(
                        "upsampleNearest",
                        UPSAMPLE,
                        0,
                        Map.of("UNIT_BYTES", step.to().value().type().bytes())),
                blocks((long) to.dim(0) * to.dim(1) * to.dim(2)),
                new Arguments(UPSAMPLE)
                        .pointer("from", binder.address(step.inputs().get(0)))
                        .pointer("to", binder.address(step.to()))
                        .s32("samples", to.dim(0))
                        .s32("fromHeight", from.dim(1))
                        .s32("fromWidth", from.dim(2))
                        .s32("height", to.dim(1))
                        .s32("width", to.dim(2))
                        .s32("channels", to.dim(3)));
    }

    private static Geometry blocks(long count) {
        return new Geometry(Math.toIntExact(count), 1, 1, THREADS, 0, true);
    }

    private static int type(View view) {
        return Finish.type(view.value().type());
    }

    private static int idBytes(View ids) {
        return ids.value().type().bytes();
    }

    private static Kernel kernel(String entry, Layout layout, int floats, Map<String, Integer> more) {
        Map<String, Integer> defines = new LinkedHashMap<>(more);
        defines.put("FLOATS", floats);
        return new Kernel("others.cu", entry, defines, layout);
    }

    /** Kernels it may launch, each macro's values at least once. */
    public static List<Kernel> variants() {
        return List.of(
                kernel("embedding", EMBEDDING, 0, Map.of("ID_BYTES", 8)),
                kernel("embedding", EMBEDDING, 1, Map.of("ID_BYTES", 4)),
                kernel("embedding", EMBEDDING, 2, Map.of("ID_BYTES", 1)),
                kernel("timestepEmbedding", TIMESTEP, 1, Map.of("INPUT_0", 0)),
                kernel("timestepEmbedding", TIMESTEP, 0, Map.of("INPUT_0", 2)),
                kernel("poolToken", POOL, 0, Map.of("INPUT_0", 0, "ID_BYTES", 8)),
                kernel("poolToken", POOL, 2, Map.of("INPUT_0", 2, "ID_BYTES", 4)),
                kernel("matMul", MATMUL, 0, Map.of("INPUT_0", 0, "INPUT_1", 0)),
                kernel("matMul", MATMUL, 0, Map.of("INPUT_0", 1, "INPUT_1", 2)),
                kernel("upsampleNearest", UPSAMPLE, 0, Map.of("UNIT_BYTES", 1)),
                kernel("upsampleNearest", UPSAMPLE, 0, Map.of("UNIT_BYTES", 2)),
                kernel("upsampleNearest", UPSAMPLE, 0, Map.of("UNIT_BYTES", 4)));
    }

    public static Map<String, Twin> twins() {
        return Map.of(
                "embedding", OtherTwins::embedding,
                "timestepEmbedding", OtherTwins::timestepEmbedding,
                "poolToken", OtherTwins::poolToken,
                "matMul", OtherTwins::matMul,
                "upsampleNearest", OtherTwins::upsampleNearest);
    }
}
