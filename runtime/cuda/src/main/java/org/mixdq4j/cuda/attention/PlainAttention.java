package org.mixdq4j.cuda.attention;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.mixdq4j.core.lower.step.Attend;
import org.mixdq4j.core.lower.step.Step;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.cuda.bind.Binder;
import org.mixdq4j.cuda.bind.Family;
import org.mixdq4j.cuda.device.Geometry;
import org.mixdq4j.cuda.device.Kernel;
import org.mixdq4j.cuda.device.host.Twin;
import org.mixdq4j.cuda.finish.Finish;

/** Heads of up to 1024, of any type, with bias and causal mask: {@code attention_plain.cu}. */
public final class PlainAttention implements Family {
    static final String ENTRY = "plainAttention";
    static final int WARPS = 4;
    private static final int LANES = 32;
    private static final int MANY = 4;
    /** Columns of a lane that kernels are compiled for. */
    private static final List<Integer> EACH = List.of(1, 2, 3, 4, 5, 8, 16, 32);

    @Override
    public boolean plan(Step step, Binder binder) {
        if (!(step instanceof Attend attend)) {
            return false;
        }
        int width = AttentionArguments.width(attend);
        int each = EACH.stream()
                .filter(columns -> LANES * columns >= width)
                .findFirst()
                .orElse(0);
        Finish finish = AttentionArguments.finish(attend.outputs());
        if (each == 0 || !AttentionArguments.writes(finish)) {
            return false;
        }
        int vector = List.of(8, 4, 2).stream()
                .filter(count -> width % (LANES * count) == 0
                        && each % count == 0
                        && AttentionArguments.vectors(attend, count)
                        && finish.vectors(count))
                .findFirst()
                .orElse(1);
        int batch = attend.query().shape().dim(0);
        int queries = attend.query().shape().dim(1);
        long all = (long) queries * attend.op().heads() * batch;
        // The numbers of a query do not depend on how many share a warp.
        boolean many = all >= (long) MANY * WARPS * binder.info().multiprocessors();
        int rows = many ? most(each) : 1;
        Map<String, Object> defines = new TreeMap<>(finish.defines());
        defines.putAll(defines(
                rows,
                each,
                vector,
                attend.query().value().type(),
                attend.key().value().type(),
                attend.value().value().type()));
        AttentionArguments.mask(attend, defines);
        Geometry geometry = new Geometry(
                (queries + rows * WARPS - 1) / (rows * WARPS), attend.op().heads(), batch, LANES * WARPS, 0, true);
        binder.launch(kernel(defines), geometry, AttentionArguments.of(attend, finish, binder));
        return true;
    }

    /** Queries that share a warp at most: a lane keeps two numbers of each of its columns for each of them, in registers. */
    private static int most(int each) {
        return each <= 8 ? MANY : each <= 16 ? MANY / 2 : 1;
    }

    private static Map<String, Object> defines(int rows, int each, int vector, DType query, DType key, DType value) {
        Map<String, Object> defines = new TreeMap<>();
        defines.put("ROWS", rows);
        defines.put("EACH", each);
        defines.put("VECTOR", vector);
        defines.put("TYPE_Q", Finish.type(query));
        defines.put("TYPE_K", Finish.type(key));
        defines.put("TYPE_V", Finish.type(value));
        defines.put("BIAS", 0);
        defines.put("CAUSAL", 0);
        return defines;
    }

    private static Kernel kernel(Map<String, Object> defines) {
        return new Kernel("attention_plain.cu", ENTRY, defines, AttentionArguments.LAYOUT);
    }

    /** What it may launch: every width and number of queries, every type and option somewhere. */
    public static List<Kernel> variants() {
        List<Kernel> variants = new ArrayList<>();
        List<DType> types = List.of(DType.F16, DType.F32, DType.BF16);
        for (int each : EACH) {
            for (int rows : new TreeSet<>(List.of(1, most(each)))) {
                DType type = types.get(variants.size() % types.size());
                int vector = each % 8 == 0 ? 8 : each % 4 == 0 ? 4 : each % 2 == 0 ? 2 : 1;
                Map<String, Object> defines = new TreeMap<>(defines(rows, each, vector, type, type, type));
                defines.putAll(AttentionArguments.sink(variants.size() % 4 == 3 ? DType.U8 : type));
                defines.put("CAUSAL", variants.size() % 2);
                if (variants.size() % 3 != 0) {
                    defines.put("BIAS", 1);
                    defines.put("TYPE_BIAS", Finish.type(type));
                }
                variants.add(kernel(defines));
                defines.put("VECTOR", 1);
                variants.add(kernel(defines));
            }
        }
        return variants;
    }

    /** Of both kernels. */
    public static Map<String, Twin> twins() {
        AttentionTwin twin = new AttentionTwin();
        return Map.of(HeadAttention.ENTRY, twin, ENTRY, twin);
    }
}
