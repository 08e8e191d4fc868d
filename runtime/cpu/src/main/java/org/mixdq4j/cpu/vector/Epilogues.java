package org.mixdq4j.cpu.vector;

import org.mixdq4j.core.graph.op.Activate;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Epilogue;
import org.mixdq4j.cpu.session.Arena;

/** Epilogues as stages. */
record Epilogues(RowShape shape, Arena arena, Loops loops) {
    private static final float QUICK_GELU_SLOPE = 1.702f;

    Stage stage(Epilogue epilogue) {
        if (epilogue instanceof Epilogue.AddRow added) {
            return addRow(new RowOperand(added.row(), shape, arena, loops));
        }
        if (epilogue instanceof Epilogue.MulRow factor) {
            return multiplyRow(new RowOperand(factor.row(), shape, arena, loops));
        }
        if (epilogue instanceof Epilogue.Modulate modulate) {
            return modulate(
                    new RowOperand(modulate.scale(), shape, arena, loops),
                    new RowOperand(modulate.shift(), shape, arena, loops));
        }
        if (epilogue instanceof Epilogue.Add added) {
            return add(operand(added.other()));
        }
        if (epilogue instanceof Epilogue.Mul factor) {
            return multiply(operand(factor.other()));
        }
        if (epilogue instanceof Epilogue.Apply apply) {
            return apply(apply.function());
        }
        throw new IllegalArgumentException(epilogue + " is not the first of its step");
    }

    private Rows operand(View view) {
        Rows rows = new Rows(view, arena);
        if (rows.count != shape.rows() || rows.columns != shape.columns()) {
            throw new IllegalArgumentException("an operand " + view + " for " + shape);
        }
        return rows;
    }

    private Stage addRow(RowOperand operand) {
        int stride = shape.stride();
        return (scratch, first, rows) -> {
            operand.read(first, scratch, 0);
            for (int r = 0; r < rows; r++) {
                loops.add(scratch.main, r * stride, stride, scratch.second, 0);
            }
        };
    }

    private Stage multiplyRow(RowOperand operand) {
        int stride = shape.stride();
        return (scratch, first, rows) -> {
            operand.read(first, scratch, 0);
            for (int r = 0; r < rows; r++) {
                loops.multiply(scratch.main, r * stride, stride, scratch.second, 0, scratch.main, r * stride);
            }
        };
    }

    private Stage modulate(RowOperand scale, RowOperand shift) {
        int stride = shape.stride();
        return (scratch, first, rows) -> {
            scale.read(first, scratch, 0);
            shift.read(first, scratch, stride);
            for (int r = 0; r < rows; r++) {
                loops.modulate(scratch.main, r * stride, stride, scratch.second, 0, stride);
            }
        };
    }

    private Stage add(Rows other) {
        int stride = shape.stride();
        return (scratch, first, rows) -> {
            other.read(first, rows, scratch.second, 0, stride, scratch, loops);
            loops.add(scratch.main, 0, rows * stride, scratch.second, 0);
        };
    }

    private Stage multiply(Rows other) {
        int stride = shape.stride();
        return (scratch, first, rows) -> {
            other.read(first, rows, scratch.second, 0, stride, scratch, loops);
            loops.multiply(scratch.main, 0, rows * stride, scratch.second, 0, scratch.main, 0);
        };
    }

    private Stage apply(Activate.Function function) {
        int stride = shape.stride();
        return switch (function) {
            case SILU -> (scratch, first, rows) -> loops.sigmoidProduct(scratch.main, 0, rows * stride, 1f);
            case QUICK_GELU -> (scratch, first, rows) ->
                    loops.sigmoidProduct(scratch.main, 0, rows * stride, QUICK_GELU_SLOPE);
            case GELU -> (scratch, first, rows) -> loops.gelu(scratch.main, 0, rows * stride);
            case GELU_TANH -> (scratch, first, rows) -> loops.geluTanh(scratch.main, 0, rows * stride);
            case RELU -> (scratch, first, rows) -> loops.relu(scratch.main, 0, rows * stride);
            case EXP -> (scratch, first, rows) -> {
                // Of a single number, in the networks there are.
                for (int i = 0; i < rows * stride; i++) {
                    scratch.main[i] = (float) Math.exp(scratch.main[i]);
                }
            };
            case SOFT_CLAMP -> (scratch, first, rows) -> {
                // Of the latents alone, once a picture.
                for (int i = 0; i < rows * stride; i++) {
                    scratch.main[i] = (float) (3 * Math.tanh(scratch.main[i] / 3));
                }
            };
            case SIGNED -> (scratch, first, rows) -> {
                for (int i = 0; i < rows * stride; i++) {
                    scratch.main[i] = 2 * scratch.main[i] - 1;
                }
            };
        };
    }
}
