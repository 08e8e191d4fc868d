package org.mixdq4j.cuda.program;

import java.util.List;
import org.mixdq4j.core.exec.FloatType;
import org.mixdq4j.core.lower.Target;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Attend;
import org.mixdq4j.core.lower.step.Epilogue;
import org.mixdq4j.core.lower.step.Normalize;
import org.mixdq4j.core.lower.step.Output;
import org.mixdq4j.core.lower.step.Pointwise;
import org.mixdq4j.core.lower.step.Product;
import org.mixdq4j.core.lower.step.Step;
import org.mixdq4j.core.quant.Rotation;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.cuda.finish.Finish;

/**
 * What the steps of a GPU can do.
 *
 * @param floats what is between steps; sums, norms and functions are in FP32 in any case
 */
public record CudaTarget(FloatType floats) implements Target {
    private static final int ALIGNMENT = 256;

    @Override
    public boolean fuses(Step step, Epilogue epilogue) {
        if (step instanceof Product product) {
            boolean geGlu = epilogue instanceof Epilogue.GeGlu;
            return product.firstRow().isEmpty()
                    && product.outputs().size() == 1
                    && (!geGlu || product.layers().size() == 1)
                    && fits(product.then(), epilogue);
        }
        if (step instanceof Normalize normalize) {
            return !(epilogue instanceof Epilogue.GeGlu) && fits(normalize.then(), epilogue);
        }
        return step instanceof Pointwise pointwise && fits(pointwise.then(), epilogue);
    }

    private static boolean fits(List<Epilogue> then, Epilogue next) {
        int operands = next.reads().size()
                + then.stream().mapToInt(epilogue -> epilogue.reads().size()).sum();
        return then.size() < Finish.EPILOGUES && operands <= Finish.OPERANDS;
    }

    /** A row's magnitude is known to those only who see the whole row, and only they can rotate it. */
    @Override
    public boolean writes(Step step, Output output, boolean alone) {
        boolean fixed = output instanceof Output.Levels levels
                && levels.rowScales().isEmpty()
                && levels.quantizer().rotation() == Rotation.NONE;
        if (step instanceof Product product) {
            return alone
                    && fixed
                    && product.firstRow().isEmpty()
                    && product.outputs().size() == 1;
        }
        if (step instanceof Attend) {
            return alone && fixed;
        }
        if (step instanceof Normalize normalize) {
            return alone || normalize.outputs().size() < Finish.SINKS;
        }
        return step instanceof Pointwise pointwise
                && (alone || pointwise.outputs().size() < Finish.SINKS);
    }

    @Override
    public boolean mergesProducts() {
        return true;
    }

    @Override
    public boolean addsInPlace(Step step) {
        return true;
    }

    @Override
    public DType half() {
        return switch (floats) {
            case F32 -> DType.F32;
            case F16 -> DType.F16;
            case BF16 -> DType.BF16;
        };
    }

    @Override
    public boolean readsHalf(Step step, View view) {
        return true;
    }

    @Override
    public boolean writesHalf(Step step) {
        return true;
    }

    @Override
    public int alignment() {
        return ALIGNMENT;
    }
}
