package org.mixdq4j.bench.conformance;

import static org.bytedeco.dnnl.global.dnnl.*;

import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_primitive_attr;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.mixdq4j.cpu.onednn.NativeMemory;
import org.mixdq4j.cpu.onednn.OneDnn;
import org.mixdq4j.cpu.onednn.OpenMp;
import org.mixdq4j.cpu.onednn.Primitive;

/**
 * What this machine does at best: products of large square matrices by oneDNN, and copies of memory that no cache holds.
 *
 * @param integers operations a second, u8 by s8 into 32 bits
 * @param floats operations a second, FP32
 * @param memory bytes a second, read and written
 */
public record Ceilings(double integers, double floats, double memory) {
    private static final int SIDE = 2048;
    private static final int RUNS = 5;
    private static final int COPIED = 1 << 28;

    /** How fast something is. @param text for people. @param share of the machine's best */
    public record Rate(String text, double share) {}

    /**
     * Of something that took {@code seconds}.
     *
     * @param operations multiplications and additions; 0 where memory is what counts
     * @param integer whether they are of integers
     * @param bytes read and written
     */
    public Rate rate(double operations, boolean integer, double bytes, double seconds) {
        if (operations > 0) {
            double rate = operations / seconds;
            String text = String.format(Locale.ROOT, "%.3f TOP/s", rate * 1e-12);
            return new Rate(text, rate / (integer ? integers : floats));
        }
        double rate = bytes / seconds;
        return new Rate(String.format(Locale.ROOT, "%.1f GB/s", rate * 1e-9), rate / memory);
    }

    /** For people. */
    public String line() {
        return String.format(
                Locale.ROOT,
                "Ceilings: %.2f TOP/s integers, %.3f TOP/s FP32, %.1f GB/s memory",
                integers * 1e-12,
                floats * 1e-12,
                memory * 1e-9);
    }

    public static Ceilings measure() {
        return new Ceilings(product(dnnl_u8, dnnl_s8, dnnl_s32), product(dnnl_f32, dnnl_f32, dnnl_f32), copy());
    }

    private static double product(int a, int b, int c) {
        OpenMp.plan(true);
        dnnl_memory_desc any = new dnnl_memory_desc();
        OneDnn.check(
                dnnl_memory_desc_create_with_tag(any, 2, new long[] {SIDE, SIDE}, b, dnnl_format_tag_any),
                "describe weights");
        dnnl_primitive_desc description = new dnnl_primitive_desc();
        OneDnn.check(
                dnnl_matmul_primitive_desc_create(
                        description,
                        OneDnn.get().engine(),
                        NativeMemory.rowMajor(a, SIDE, SIDE),
                        any,
                        null,
                        NativeMemory.rowMajor(c, SIDE, SIDE),
                        (dnnl_primitive_attr) null),
                "plan a square product");
        dnnl_memory_desc packed = NativeMemory.copy(Primitive.layout(description, DNNL_ARG_WEIGHTS));
        try (NativeMemory left = NativeMemory.zeros(NativeMemory.rowMajor(a, SIDE, SIDE));
                NativeMemory right = NativeMemory.zeros(packed);
                NativeMemory out = NativeMemory.zeros(NativeMemory.rowMajor(c, SIDE, SIDE));
                Primitive product = new Primitive.Binding()
                        .bind(DNNL_ARG_SRC, left)
                        .bind(DNNL_ARG_WEIGHTS, right)
                        .bind(DNNL_ARG_DST, out)
                        .compile(description)) {
            return 2.0 * SIDE * SIDE * SIDE / best(product::execute);
        }
    }

    private static double copy() {
        int parts = Runtime.getRuntime().availableProcessors();
        List<byte[][]> pairs = IntStream.range(0, parts)
                .mapToObj(i -> new byte[][] {new byte[COPIED / parts], new byte[COPIED / parts]})
                .toList();
        double seconds = best(
                () -> pairs.parallelStream().forEach(pair -> System.arraycopy(pair[0], 0, pair[1], 0, pair[0].length)));
        return 2.0 * COPIED / seconds;
    }

    /** Seconds of the fastest run: what disturbs a measurement only takes time. */
    private static double best(Runnable work) {
        double best = Double.POSITIVE_INFINITY;
        for (int i = 0; i <= RUNS; i++) {
            long start = System.nanoTime();
            work.run();
            best = Math.min(best, (System.nanoTime() - start) * 1e-9);
        }
        return best;
    }
}
