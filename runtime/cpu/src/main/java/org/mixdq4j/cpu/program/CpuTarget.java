package org.mixdq4j.cpu.program;

import org.mixdq4j.core.lower.Target;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Epilogue;
import org.mixdq4j.core.lower.step.Normalize;
import org.mixdq4j.core.lower.step.Output;
import org.mixdq4j.core.lower.step.Pointwise;
import org.mixdq4j.core.lower.step.Product;
import org.mixdq4j.core.lower.step.Step;
import org.mixdq4j.core.quant.AffineParams;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.cpu.onednn.OneDnn;
import org.mixdq4j.cpu.product.Products;

/** What the CPU's steps can do. */
enum CpuTarget implements Target {
    /**
     * Floats stay in FP32. Stored in BF16 before attention and gates, they made no step faster (gates are bound by their
     * arithmetic) and attention three times slower, since oneDNN packs keys anew for each block of queries.
     */
    TARGET;

    @Override
    public boolean fuses(Step step, Epilogue epilogue) {
        if (step instanceof Product product) {
            return fuses(product, epilogue);
        }
        return step instanceof Pointwise || step instanceof Normalize && !(epilogue instanceof Epilogue.GeGlu);
    }

    /** oneDNN's operands lie as its result does, and a row is one for all samples. */
    private static boolean fuses(Product product, Epilogue epilogue) {
        if (product.firstRow().isPresent() || product.outputs().size() > 1) {
            return false;
        }
        if (epilogue instanceof Epilogue.GeGlu) {
            return Products.gates(product);
        }
        if (!product.then().isEmpty() && product.then().get(0) instanceof Epilogue.GeGlu) {
            return false;
        }
        View result = product.outputs().get(0).to();
        if (epilogue instanceof Epilogue.AddRow add) {
            return oneRow(add.row());
        }
        if (epilogue instanceof Epilogue.MulRow mul) {
            return oneRow(mul.row());
        }
        if (epilogue instanceof Epilogue.Add add) {
            return liesAs(add.other(), result);
        }
        if (epilogue instanceof Epilogue.Mul mul) {
            return liesAs(mul.other(), result);
        }
        return epilogue instanceof Epilogue.Apply;
    }

    private static boolean oneRow(View row) {
        return row.rows() == 1 && row.value().type() == DType.F32;
    }

    private static boolean liesAs(View other, View result) {
        return other.isMatrix()
                && result.isMatrix()
                && other.rows() == result.rows()
                && other.columns() == result.columns()
                && other.rowStride() == result.rowStride();
    }

    @Override
    public boolean writes(Step step, Output output, boolean alone) {
        if (step instanceof Product product) {
            return output instanceof Output.Levels levels
                    && alone
                    && product.integer()
                    && product.inputs().size() == 1
                    && product.firstRow().isEmpty()
                    && levels.from() == 0
                    && levels.quantizer().readsAsIs()
                    && levels.quantizer().params() instanceof AffineParams params
                    && params.bits() == 8;
        }
        return true;
    }

    @Override
    public boolean mergesProducts() {
        return true;
    }

    @Override
    public boolean addsInPlace(Step step) {
        // A product of several kernels writes its result before the last of them adds the operand, and so does one of
        // floats: where there are many channels oneDNN keeps sums of the first of them in the result.
        return !(step instanceof Product product)
                || product.integer()
                        && product.inputs().size() == 1
                        && OneDnn.get().vnni();
    }

    @Override
    public DType half() {
        return DType.F32;
    }

    @Override
    public int alignment() {
        return 64;
    }
}
