package org.mixdq4j.torch.kernel;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.mixdq4j.core.graph.op.Activate;
import org.mixdq4j.core.graph.op.Add;
import org.mixdq4j.core.graph.op.Attention;
import org.mixdq4j.core.graph.op.Broadcast;
import org.mixdq4j.core.graph.op.Concat;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.graph.op.Embedding;
import org.mixdq4j.core.graph.op.GeGlu;
import org.mixdq4j.core.graph.op.GroupNorm;
import org.mixdq4j.core.graph.op.L2Normalize;
import org.mixdq4j.core.graph.op.LayerNorm;
import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.graph.op.MatMul;
import org.mixdq4j.core.graph.op.Mul;
import org.mixdq4j.core.graph.op.Op;
import org.mixdq4j.core.graph.op.Parameter;
import org.mixdq4j.core.graph.op.PoolToken;
import org.mixdq4j.core.graph.op.RelativeBias;
import org.mixdq4j.core.graph.op.Reshape;
import org.mixdq4j.core.graph.op.RmsNorm;
import org.mixdq4j.core.graph.op.Slice;
import org.mixdq4j.core.graph.op.TimestepEmbedding;
import org.mixdq4j.core.graph.op.Transpose;
import org.mixdq4j.core.graph.op.UpsampleNearest;

/** Every op's float kernel. */
public final class Kernels {
    /** Makes a kernel for one kind of op. */
    @FunctionalInterface
    private interface Factory<O extends Op> {
        Kernel create(O op, KernelContext context);
    }

    private static final Map<Class<? extends Op>, Factory<Op>> FACTORIES = factories();

    private static final Set<Class<? extends Op>> ALIASING = Set.of(Parameter.class, RelativeBias.class, Reshape.class);

    private Kernels() {}

    /** The kernel for {@code context.node()}, its parameters loaded. */
    public static Kernel create(KernelContext context) {
        Op op = context.node().op();
        return FACTORIES.get(op.getClass()).create(op, context);
    }

    /** Whether the value of such a node may share memory with an input or a parameter. */
    public static boolean mayAlias(Op op) {
        return ALIASING.contains(op.getClass());
    }

    private static Map<Class<? extends Op>, Factory<Op>> factories() {
        Map<Class<? extends Op>, Factory<Op>> map = new HashMap<>();
        register(map, Activate.class, Activations::activate);
        register(map, Add.class, Arithmetic::add);
        register(map, Attention.class, AttentionKernel::create);
        register(map, Broadcast.class, Layout::broadcast);
        register(map, Concat.class, Layout::concat);
        register(map, Conv2d.class, Products::layer);
        register(map, Embedding.class, Lookups::embedding);
        register(map, GeGlu.class, Activations::geGlu);
        register(map, GroupNorm.class, Norms::groupNorm);
        register(map, L2Normalize.class, Norms::l2Normalize);
        register(map, LayerNorm.class, Norms::layerNorm);
        register(map, Linear.class, Products::layer);
        register(map, MatMul.class, Arithmetic::matMul);
        register(map, Mul.class, Arithmetic::mul);
        register(map, Parameter.class, Lookups::parameter);
        register(map, PoolToken.class, Lookups::poolToken);
        register(map, RelativeBias.class, Lookups::relativeBias);
        register(map, Reshape.class, Layout::reshape);
        register(map, RmsNorm.class, Norms::rmsNorm);
        register(map, Slice.class, Layout::slice);
        register(map, TimestepEmbedding.class, Lookups::timestepEmbedding);
        register(map, Transpose.class, Layout::transpose);
        register(map, UpsampleNearest.class, Layout::upsampleNearest);
        for (Class<?> op : Op.class.getPermittedSubclasses()) {
            if (!map.containsKey(op)) {
                throw new IllegalStateException("PyTorch has no kernel here for " + op.getSimpleName());
            }
        }
        return Map.copyOf(map);
    }

    private static <O extends Op> void register(
            Map<Class<? extends Op>, Factory<Op>> map, Class<O> type, Factory<O> factory) {
        map.put(type, (op, context) -> factory.create(type.cast(op), context));
    }
}
