package org.mixdq4j.cuda.plain;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mixdq4j.core.graph.op.RelativeBias;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Load;
import org.mixdq4j.core.lower.step.Move;
import org.mixdq4j.core.lower.step.Other;
import org.mixdq4j.core.lower.step.Step;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.cuda.bind.Binder;
import org.mixdq4j.cuda.bind.Family;
import org.mixdq4j.cuda.device.Kernel;
import org.mixdq4j.cuda.device.host.Twin;

/** What is copied and not computed: moves, stored parameters, T5's bias by distance. */
public final class Moves implements Family {
    @Override
    public boolean plan(Step step, Binder binder) {
        if (step instanceof Move move) {
            return copy(binder, binder.address(move.from()), move.from().strides(), move.to());
        } else if (step instanceof Load load) {
            return load(load, binder);
        } else if (step instanceof Other other && other.op() instanceof RelativeBias op) {
            return relativeBias(other, op, binder);
        }
        return false;
    }

    private static boolean copy(Binder binder, long from, List<Long> strides, View to) {
        long target = binder.address(to);
        Optional<MovePlan> plan = MovePlan.of(
                to.shape(), List.of(strides, to.strides()), to.value().type().bytes(), from, target);
        plan.ifPresent(found -> found.launch(binder, from, target));
        return plan.isPresent();
    }

    /** What is seen of the parameter lies on the device, in the type in which it is wanted. */
    private static boolean load(Load load, Binder binder) {
        View seen = load.from();
        DType type = load.to().value().type();
        long from = binder.constant(
                List.of("load", load.parameter(), seen.shape(), seen.offset(), seen.strides(), type),
                () -> gathered(binder.layers().floats(load.parameter()), seen)
                        .to(type)
                        .buffer());
        return copy(binder, from, View.dense(seen.shape()), load.to());
    }

    private static Tensor gathered(Tensor stored, View seen) {
        Tensor all = Tensor.zeros(DType.F32, seen.shape());
        int rank = seen.shape().rank();
        for (int i = 0; i < seen.shape().elements(); i++) {
            long at = seen.offset();
            int rest = i;
            for (int axis = rank - 1; axis >= 0; axis--) {
                at += rest % seen.shape().dim(axis) * seen.strides().get(axis);
                rest /= seen.shape().dim(axis);
            }
            all.floats().put(i, stored.floats().get(Math.toIntExact(at)));
        }
        return all;
    }

    /** Element (head, query, key) depends on key - query alone: it is read from a row of all distances, backwards for queries. */
    private static boolean relativeBias(Other other, RelativeBias op, Binder binder) {
        DType type = other.to().value().type();
        int tokens = op.tokens();
        int distances = 2 * tokens - 1;
        long from = binder.constant(List.of("relative bias", other.node(), tokens, type), () -> {
            Tensor table = binder.layers().floats(other.node() + ".weight");
            Tensor rows = Tensor.zeros(DType.F32, Shape.of(op.heads(), distances));
            for (int head = 0; head < op.heads(); head++) {
                for (int i = 0; i < distances; i++) {
                    int bucket = op.bucket(i - (tokens - 1));
                    rows.floats().put(head * distances + i, table.floats().get(bucket * op.heads() + head));
                }
            }
            return rows.to(type).buffer();
        });
        List<Long> strides = List.of(0L, (long) distances, -1L, 1L);
        return copy(binder, from + (long) (tokens - 1) * type.bytes(), strides, other.to());
    }

    /** Kernels it may launch, each macro's values at least once. */
    public static List<Kernel> variants() {
        List<Kernel> kernels = new ArrayList<>();
        for (int unit = 1; unit <= MovePlan.WIDEST; unit *= 2) {
            kernels.add(MovePlan.kernel(unit, 3, false));
        }
        for (int rank = 1; rank <= MovePlan.MAX_RANK; rank++) {
            kernels.add(MovePlan.kernel(2, rank, rank % 2 == 0));
        }
        return kernels;
    }

    public static Map<String, Twin> twins() {
        return Map.of("moveElements", new MoveTwin());
    }
}
